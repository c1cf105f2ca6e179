// Package edge gives every request an id and a trace, and every answer that id and default headers.
//
// Traefik interprets the package (Yaegi), so each statement costs about as much as a function of compiled Go. The package
// therefore calls the standard library instead of having loops of its own, and never wraps the answer.
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
	// https://www.rfc-editor.org/rfc/rfc9110#section-9.1 and https://www.rfc-editor.org/rfc/rfc5789
	methods = map[string]bool{
		"GET": true, "HEAD": true, "POST": true, "PUT": true, "PATCH": true, "DELETE": true,
		"OPTIONS": true, "CONNECT": true, "TRACE": true,
	}
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
	next           http.Handler
	defaultHeaders map[string]string
}

// New creates the middleware.
func New(_ context.Context, next http.Handler, config *Config, _ string) (http.Handler, error) {
	if config.GarbagePercent > 0 {
		// Traefik's configuration has no key for it, and an environment variable would not come with the configuration.
		debug.SetGCPercent(config.GarbagePercent)
	}
	return &edge{next: next, defaultHeaders: config.DefaultHeaders}, nil
}

// ServeHTTP sets the headers of the answer before there is one. The middleware `errors`, which is nearer to the service,
// collects the service's headers apart and then copies them over these.
func (e *edge) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	asked, answered := request.Header, answer.Header()
	id, trace := asked.Get(requestIDHeader), asked.Get(traceParentHeader)
	isIdentified, isTraced := requestID.MatchString(id), isTraceParent(trace)
	if !isIdentified || !isTraced {
		digits := random()
		if !isIdentified {
			id = digits[:idDigits]
		}
		if !isTraced {
			trace = "00-" + digits[idDigits:2*idDigits] + "-" + digits[2*idDigits:] + "-00"
			asked.Del(traceStateHeader)
		}
	}
	method := otherMethod
	if methods[request.Method] {
		method = request.Method
	}
	// Set replaces every value, so a service cannot read another one than the gateway checked.
	asked.Set(requestIDHeader, id)
	asked.Set(traceParentHeader, trace)
	// The access log has this header instead of the method, which may be any text of any length.
	asked.Set(requestMethodHeader, method)
	answered.Set(requestIDHeader, id)
	for name, value := range e.defaultHeaders {
		answered.Set(name, value)
	}
	e.next.ServeHTTP(answer, request)
}

func isTraceParent(value string) bool {
	return traceParent.MatchString(value) && value[3:35] != zeros && value[36:52] != zeros[:spanDigits]
}

// random returns the digits of a request id, a trace id and a span id.
func random() string {
	value := make([]byte, idDigits+spanDigits/2)
	// Read cannot fail: https://pkg.go.dev/crypto/rand#Read
	_, _ = rand.Read(value)
	return hex.EncodeToString(value)
}
