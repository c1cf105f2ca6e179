// Package edge gives every request an id and a trace, and every answer that id and default headers.
//
// Traefik interprets the package (Yaegi), so it is small, uses only the standard library, and does little per request.
package edge

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
)

const (
	requestIDHeader   = "X-Request-Id"
	traceParentHeader = "Traceparent"
	traceStateHeader  = "Tracestate"

	maxRequestIDLength = 128
	// 00-<32 digits>-<16 digits>-<2 digits>: https://www.w3.org/TR/trace-context/#traceparent-header
	traceParentLength = 55
)

// Config is the middleware's configuration.
type Config struct {
	// DefaultHeaders are set on answers that lack them.
	DefaultHeaders map[string]string `json:"defaultHeaders,omitempty"`
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
	return &edge{next: next, defaultHeaders: config.DefaultHeaders}, nil
}

func (e *edge) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	id := request.Header.Get(requestIDHeader)
	if !isRequestID(id) {
		id = random(16)
	}
	request.Header.Set(requestIDHeader, id)
	if !isTraceParent(request.Header.Get(traceParentHeader)) {
		request.Header.Set(traceParentHeader, "00-"+random(16)+"-"+random(8)+"-00")
		request.Header.Del(traceStateHeader)
	}
	e.next.ServeHTTP(&answerWriter{ResponseWriter: answer, id: id, defaultHeaders: e.defaultHeaders}, request)
}

// answerWriter adds headers when the answer starts, because only then the service's headers are known.
type answerWriter struct {
	http.ResponseWriter
	id             string
	defaultHeaders map[string]string
	complete       bool
}

func (a *answerWriter) WriteHeader(status int) {
	if !a.complete && status >= http.StatusOK {
		a.complete = true
		header := a.ResponseWriter.Header()
		header.Set(requestIDHeader, a.id)
		for name, value := range a.defaultHeaders {
			if header.Get(name) == "" {
				header.Set(name, value)
			}
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerWriter) Write(body []byte) (int, error) {
	if !a.complete {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(body)
}

func isRequestID(id string) bool {
	if id == "" || len(id) > maxRequestIDLength {
		return false
	}
	for _, c := range []byte(id) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != ':' && c != '-' {
			return false
		}
	}
	return true
}

func isTraceParent(value string) bool {
	if len(value) != traceParentLength || value[:3] != "00-" || value[35] != '-' || value[52] != '-' {
		return false
	}
	return isHex(value[3:35]) && isHex(value[36:52]) && isHex(value[53:]) &&
		value[3:35] != "00000000000000000000000000000000" && value[36:52] != "0000000000000000"
}

func isHex(digits string) bool {
	for _, c := range []byte(digits) {
		if !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

func random(bytes int) string {
	value := make([]byte, bytes)
	// Read cannot fail: https://pkg.go.dev/crypto/rand#Read
	_, _ = rand.Read(value)
	return hex.EncodeToString(value)
}
