// Package problems answers /problems/<status> with problem details (RFC 9457).
//
// Traefik's own errors have plain bodies; its `errors` middleware fetches problem details from here instead. They come
// from Traefik itself, so they are available when every service is down.
package problems

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const prefix = "/problems/"

// Problem holds the members of an answer besides its status and the request's id.
type Problem struct {
	Type   string `json:"type,omitempty"`
	Title  string `json:"title,omitempty"`
	Detail string `json:"detail,omitempty"`
	// RetryAfterSeconds is sent as Retry-After, unless it is 0.
	RetryAfterSeconds int `json:"retryAfterSeconds,omitempty"`
}

// Config is the middleware's configuration.
type Config struct {
	Problems map[string]Problem `json:"problems,omitempty"`
}

// CreateConfig returns the defaults, which Traefik overwrites with the file's values.
func CreateConfig() *Config {
	return &Config{Problems: map[string]Problem{}}
}

type body struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
}

type problems struct {
	next     http.Handler
	problems map[string]Problem
}

// New creates the middleware.
func New(_ context.Context, next http.Handler, config *Config, _ string) (http.Handler, error) {
	return &problems{next: next, problems: config.Problems}, nil
}

func (p *problems) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	name := strings.TrimPrefix(request.URL.Path, prefix)
	problem, known := p.problems[name]
	status, err := strconv.Atoi(name)
	if !known || err != nil {
		p.next.ServeHTTP(answer, request)
		return
	}
	content, err := json.Marshal(body{
		Type:      problem.Type,
		Title:     problem.Title,
		Status:    status,
		Detail:    problem.Detail,
		RequestID: request.Header.Get("X-Request-Id"),
	})
	if err != nil {
		p.next.ServeHTTP(answer, request)
		return
	}
	answer.Header().Set("Content-Type", "application/problem+json")
	if problem.RetryAfterSeconds > 0 {
		answer.Header().Set("Retry-After", strconv.Itoa(problem.RetryAfterSeconds))
	}
	answer.WriteHeader(status)
	_, _ = answer.Write(content)
}
