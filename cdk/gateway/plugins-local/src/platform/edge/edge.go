// Package edge gives every request an id and a trace, and every answer that id and default headers.
//
// Traefik interprets the package (Yaegi): a call costs 1 to 7 µs, of a function here even more than of one in the standard
// library; reading or setting an entry of a map costs 0.3 µs. So a request takes one straight way through one function,
// which treats headers as the maps that they are, and does not wrap the answer.
package edge

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"runtime/debug"
)

const (
	requestIDHeader     = "X-Request-Id"
	requestMethodHeader = "X-Request-Method"
	traceParentHeader   = "Traceparent"
	traceStateHeader    = "Tracestate"

	otherMethod = "other"
	// The digits of a request id, of a trace id and of a span id.
	idDigits, spanDigits = 32, 16
	zeros                = "00000000000000000000000000000000"
)

var (
	requestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)
	// https://www.w3.org/TR/trace-context/#traceparent-header
	traceParent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

// Config is the middleware's configuration.
type Config struct {
	// DefaultHeaders are on answers of services and of Traefik that do not set them.
	DefaultHeaders map[string]string `json:"defaultHeaders,omitempty"`
	// GarbagePercent is how much the heap may grow before the whole process collects garbage; 0 keeps Go's default, 100.
	GarbagePercent int `json:"garbagePercent,omitempty"`
}

// CreateConfig returns the defaults, which Traefik overwrites with the file's values.
func CreateConfig() *Config {
	return &Config{DefaultHeaders: map[string]string{}}
}

type edge struct {
	next          http.Handler
	defaultNames  []string
	defaultValues [][]string
}

// New creates the middleware.
func New(_ context.Context, next http.Handler, config *Config, _ string) (http.Handler, error) {
	if config.GarbagePercent > 0 {
		// Traefik's configuration has no key for it, and an environment variable would not come with the configuration.
		debug.SetGCPercent(config.GarbagePercent)
	}
	created := &edge{next: next}
	for name, value := range config.DefaultHeaders {
		created.defaultNames = append(created.defaultNames, http.CanonicalHeaderKey(name))
		created.defaultValues = append(created.defaultValues, []string{value})
	}
	return created, nil
}

// ServeHTTP sets the headers of the answer before there is one. The middleware `errors`, which is nearer to the service,
// collects the service's headers apart and then copies them over these.
//
// Each header is replaced whole, so a service cannot read another value than the one that was checked here.
func (e *edge) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	asked, answered := request.Header, answer.Header()
	id, trace, method := "", "", otherMethod
	if sent := asked[requestIDHeader]; len(sent) > 0 && requestID.MatchString(sent[0]) {
		id = sent[0]
	}
	if sent := asked[traceParentHeader]; len(sent) > 0 && traceParent.MatchString(sent[0]) {
		if sent[0][3:35] != zeros && sent[0][36:52] != zeros[:spanDigits] {
			trace = sent[0]
		}
	}
	if id == "" || trace == "" {
		value := make([]byte, idDigits+spanDigits/2)
		// Read cannot fail: https://pkg.go.dev/crypto/rand#Read
		_, _ = rand.Read(value)
		digits := hex.EncodeToString(value)
		if id == "" {
			id = digits[:idDigits]
		}
		if trace == "" {
			trace = "00-" + digits[idDigits:2*idDigits] + "-" + digits[2*idDigits:] + "-00"
			delete(asked, traceStateHeader)
		}
	}
	// https://www.rfc-editor.org/rfc/rfc9110#section-9.1 and https://www.rfc-editor.org/rfc/rfc5789
	switch request.Method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE":
		method = request.Method
	}
	asked[requestIDHeader] = []string{id}
	asked[traceParentHeader] = []string{trace}
	// The access log has this header instead of the method, which may be any text of any length.
	asked[requestMethodHeader] = []string{method}
	answered[requestIDHeader] = []string{id}
	for position, name := range e.defaultNames {
		answered[name] = e.defaultValues[position]
	}
	e.next.ServeHTTP(answer, request)
}
