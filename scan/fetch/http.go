package fetch

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// newClient makes a client that gives the token to nobody but the host of u.
func newClient(u *url.URL, o Options) *http.Client {
	transport := o.Transport
	if transport == nil {
		transport = NewTransport()
	}
	return &http.Client{Transport: &credentials{transport, u, o}, CheckRedirect: checkRedirect}
}

// NewTransport makes what the Remotes of a run share, so that they share connections
// too: each of its own would keep one open for a while after it is done.
func NewTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true // packs are compressed; a bomb could hide in more of it
	return t
}

// credentials adds the token to requests to the host that the user named, and only
// there: a redirect to another one, or to another port, goes without.
type credentials struct {
	http.RoundTripper
	own *url.URL
	o   Options
}

func (c *credentials) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.o.Token != "" && r.URL.Scheme == c.own.Scheme && r.URL.Host == c.own.Host && confidential(r.URL) {
		r = r.Clone(r.Context())
		r.SetBasicAuth(c.o.user(), c.o.Token)
	}
	return c.RoundTripper.RoundTrip(r)
}

// user is who asks.
func (o Options) user() string {
	if o.User == "" {
		return "x-access-token" // which every large host takes for "the token says who"
	}
	return o.User
}

// Hide takes the token out of a text in which a server may quote what it was sent: as it
// is, and as the request's head has it.
func (o Options) Hide(text string) string {
	if o.Token == "" {
		return text
	}
	sent := base64.StdEncoding.EncodeToString([]byte(o.user() + ":" + o.Token))
	return strings.NewReplacer(sent, "<ASSAY_GIT_TOKEN>", o.Token, "<ASSAY_GIT_TOKEN>").Replace(text)
}

// CloseIdleConnections is called by the method of http.Client of that name.
func (c *credentials) CloseIdleConnections() {
	if t, ok := c.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// confidential reports whether nobody on the way can read what is sent.
func confidential(u *url.URL) bool {
	if u.Scheme == "https" || u.Hostname() == "localhost" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}

// maxRedirects is how many of them are followed.
const maxRedirects = 5

// checkRedirect follows what asks for the refs, and nothing that sends.
func checkRedirect(to *http.Request, via []*http.Request) error {
	switch first := via[0]; {
	case first.Method != http.MethodGet:
		return errors.New("the server redirects what is sent to it")
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case first.URL.Scheme == "https" && to.URL.Scheme != "https":
		return errors.New("the server redirects from https to " + to.URL.Scheme)
	}
	return nil
}

// An answer is the body of a response. Reading it fails when nothing came for a while,
// or too much.
type answer struct {
	io.Reader
	body   io.Closer
	cancel context.CancelFunc
	watch  *time.Timer
	idle   time.Duration
	left   int64
	url    *url.URL
	kind   string // its Content-Type
}

var (
	errIdle    = errors.New("the server fell silent")
	errTooMuch = errors.New("the server sends more than --max-clone-size")
)

func (a *answer) Read(p []byte) (int, error) {
	a.watch.Reset(a.idle)
	n, err := a.Reader.Read(p)
	if a.left -= int64(n); a.left < 0 {
		return 0, errTooMuch
	}
	return n, err
}

// Close gives up what was not read.
func (a *answer) Close() error {
	a.watch.Stop()
	a.cancel()
	return a.body.Close()
}

// do sends a request and returns what the server answers with success.
func (r *Remote) do(ctx context.Context, method string, to *url.URL, body []byte) (*answer, error) {
	ctx, stop := context.WithCancelCause(ctx)
	request, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		stop(nil)
		return nil, err
	}
	request.Header.Set("User-Agent", "git/"+r.options.Agent)
	request.Header.Set("Git-Protocol", "version=2")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-git-upload-pack-request")
		request.Header.Set("Accept", "application/x-git-upload-pack-result")
	}
	watch := time.AfterFunc(r.options.Idle, func() { stop(errIdle) })
	response, err := r.client.Do(request)
	if err != nil {
		watch.Stop()
		err = withoutURL(ctx, err)
		stop(nil)
		return nil, err
	}
	a := &answer{
		body: response.Body, cancel: func() { stop(nil) }, watch: watch, idle: r.options.Idle,
		left: r.options.MaxBytes, url: response.Request.URL, kind: response.Header.Get("Content-Type"),
	}
	a.Reader = causeReader{ctx, response.Body}
	if err := r.status(response); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// causeReader says why a context ended where a read fails for that.
type causeReader struct {
	ctx context.Context
	io.Reader
}

func (r causeReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && err != io.EOF && r.ctx.Err() != nil {
		err = context.Cause(r.ctx)
	}
	return n, err
}

// withoutURL is why a request failed. The URL of the error may be one of a redirect,
// whose text is the server's.
func withoutURL(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// status turns refusals into errors that say what to do.
func (r *Remote) status(response *http.Response) error {
	switch code := response.StatusCode; {
	case code == http.StatusOK:
		return nil
	case (code == http.StatusUnauthorized || code == http.StatusForbidden || code == http.StatusNotFound) && r.options.Token == "":
		return fmt.Errorf("the server answers %d: it is not there, or wants ASSAY_GIT_TOKEN", code)
	case code == http.StatusUnauthorized && !confidential(response.Request.URL):
		return errors.New("the server wants a token, which is sent over https alone")
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound:
		return fmt.Errorf("the server answers %d: it is not there, or ASSAY_GIT_TOKEN may not read it", code)
	default:
		return fmt.Errorf("the server answers %d", code)
	}
}

// post sends a command to the service that packs.
func (r *Remote) post(ctx context.Context, ask *pktWriter) (*answer, error) {
	a, err := r.do(ctx, http.MethodPost, r.base.JoinPath("git-upload-pack"), ask.Bytes())
	if err != nil {
		return nil, err
	}
	if a.kind != "application/x-git-upload-pack-result" {
		a.Close()
		return nil, errPacket
	}
	return a, nil
}
