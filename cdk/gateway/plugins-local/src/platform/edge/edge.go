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
	"io"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
)

const (
	requestIDHeader     = "X-Request-Id"
	requestMethodHeader = "X-Request-Method"
	traceParentHeader   = "Traceparent"
	traceStateHeader    = "Tracestate"
	retryAfterHeader    = "Retry-After"

	otherMethod = "other"
	// The digits of a request id, of a trace id and of a span id.
	idDigits, spanDigits = 32, 16
	zeros                = "00000000000000000000000000000000"
	// Go itself reads this much of a body that no handler has read, before it closes the connection.
	readByGo = 256 << 10
)

var (
	requestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)
	// https://www.w3.org/TR/trace-context/#traceparent-header
	traceParent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
	// Bytes that a URL holds only in encoded form: https://www.rfc-editor.org/rfc/rfc3986#section-2
	notASCII = regexp.MustCompile(`[^\x00-\x7F]+`)
)

// Config is the middleware's configuration.
type Config struct {
	// DefaultHeaders are on answers of services and of Traefik that do not set them.
	DefaultHeaders map[string]string `json:"defaultHeaders,omitempty"`
	// GarbagePercent is how much the heap may grow before the whole process collects garbage; 0 keeps Go's default, 100.
	GarbagePercent int `json:"garbagePercent,omitempty"`
	// DrainedBytes is how much of a refused body is read, so that a client which sends all of it first gets the answer.
	DrainedBytes int64 `json:"drainedBytes,omitempty"`
	// DrainedWhileWaitingBytes is the same for a client that has to wait before its next request.
	DrainedWhileWaitingBytes int64 `json:"drainedWhileWaitingBytes,omitempty"`
}

// CreateConfig returns the defaults, which Traefik overwrites with the file's values.
func CreateConfig() *Config {
	return &Config{DefaultHeaders: map[string]string{}}
}

type edge struct {
	next          http.Handler
	defaultNames  []string
	defaultValues [][]string
	drainedBytes  int64
	waitingBytes  int64
}

// sentBody makes one error of all that can go wrong with a body on its way here. The middleware `buffering` answers it
// with 499, and others with 500 or 502, which would count as the gateway's own failures.
type sentBody struct {
	body io.ReadCloser
}

func (s *sentBody) Read(buffer []byte) (int, error) {
	count, err := s.body.Read(buffer)
	if err != nil && err != io.EOF {
		err = context.Canceled
	}
	return count, err
}

func (s *sentBody) Close() error {
	return s.body.Close()
}

// New creates the middleware.
func New(_ context.Context, next http.Handler, config *Config, _ string) (http.Handler, error) {
	if config.GarbagePercent > 0 {
		// Traefik's configuration has no key for it, and an environment variable would not come with the configuration.
		debug.SetGCPercent(config.GarbagePercent)
	}
	created := &edge{next: next, drainedBytes: config.DrainedBytes, waitingBytes: config.DrainedWhileWaitingBytes}
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
	// The load balancer would refuse such a query with an empty answer.
	if request.URL.RawQuery != "" && notASCII.MatchString(request.RequestURI) {
		request.RequestURI = notASCII.ReplaceAllStringFunc(request.RequestURI, url.QueryEscape)
		request.URL.RawQuery = notASCII.ReplaceAllStringFunc(request.URL.RawQuery, url.QueryEscape)
	}
	if request.ContentLength == 0 {
		e.next.ServeHTTP(answer, request)
		return
	}
	body := request.Body
	request.Body = &sentBody{body: body}
	e.next.ServeHTTP(answer, request)
	// The answer is not sent before this function returns, because it is short. HTTP/2 can send it meanwhile, and a client
	// that expects a 100 waits with its body.
	if (request.ContentLength < 0 || request.ContentLength > readByGo) && request.ProtoMajor == 1 && len(asked["Expect"]) == 0 {
		drained := e.drainedBytes
		if len(answered[retryAfterHeader]) > 0 {
			drained = e.waitingBytes
		}
		_, _ = io.CopyN(io.Discard, body, drained)
	}
}
