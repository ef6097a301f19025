package fakeaws

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// dripEvery is how long a dripping answer takes for each byte.
const dripEvery = 100 * time.Millisecond

// hang waits until the caller or the server gives up, and then ends the
// connection.
func (h *hit) hang() {
	<-h.r.HTTP.Context().Done()
	panic(http.ErrAbortHandler)
}

// hangBefore reads the call and never answers.
func hangBefore(h *hit) bool {
	h.hang()
	return true
}

// hangAfterHeaders sends the header of the right answer and nothing more.
func hangAfterHeaders(h *hit) bool {
	h.start(h.ask(), 0)
	h.hang()
	return true
}

// hangInBody sends half of the right answer and nothing more.
func hangInBody(h *hit) bool {
	a := h.ask()
	h.start(a, len(a.body)/2)
	h.hang()
	return true
}

// drip sends the right answer byte by byte.
func drip(h *hit) bool {
	a := h.ask()
	h.start(a, 0)
	for i := range a.body {
		if !h.pause(dripEvery) {
			panic(http.ErrAbortHandler)
		}
		if _, err := h.w.Write(a.body[i : i+1]); err != nil {
			return true
		}
		h.flush()
	}
	return true
}

// resetUnanswered carries the call out and resets the connection instead of
// answering.
func resetUnanswered(h *hit) bool {
	h.ask()
	h.reset()
	return true
}

// resetInBody resets the connection in the middle of the answer.
func resetInBody(h *hit) bool {
	a := h.ask()
	h.start(a, len(a.body)/2)
	h.reset()
	return true
}

// reset ends the connection with RST instead of FIN. Where the connection
// cannot be had (HTTP/2) only the call is ended.
func (h *hit) reset() {
	conn, _, err := http.NewResponseController(h.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	abort(conn)
}

// abort closes a connection so that its other end sees a reset.
func abort(conn net.Conn) {
	inner := conn
	if secured, ok := conn.(*tls.Conn); ok {
		inner = secured.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		tcp.SetLinger(0) // without it the rest is sent and the end is a regular one
	}
	inner.Close()
}

// resetConn resets a connection before anything is read from it.
func resetConn(_ *Injection, conn net.Conn) { abort(conn) }

// holdConn keeps a connection open and never reads from it.
func holdConn(i *Injection, conn net.Conn) { i.atEnd(func() { conn.Close() }) }

// Stray is a request that came to the place where the redirects lead: the
// caller followed one. None should carry what it signed for the endpoint.
type Stray struct {
	Method, Host, Path string
	Target             string // X-Amz-Target
	Authorization      string // as received; empty is as it should be
	SecurityToken      string // the same, of X-Amz-Security-Token
	BodyBytes          int64
}

// Strays returns what followed the redirects, in the order of arrival.
func (i *Injection) Strays() []Stray {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]Stray(nil), i.strays...)
}

// openElsewhere starts the place where redirects lead. It believes everybody
// and answers with an empty object, which a caller could take for an empty
// account.
func openElsewhere(i *Injection) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(i.receive), ReadHeaderTimeout: time.Minute}
	go server.Serve(l)
	i.atEnd(func() { server.Close() })
	i.elsewhere = l.Addr().(*net.TCPAddr).Port
	return nil
}

func (i *Injection) receive(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody)) // what cannot be read is not counted
	i.mu.Lock()
	defer i.mu.Unlock()
	i.strays = append(i.strays, Stray{
		Method: r.Method, Host: r.Host, Path: r.URL.Path, Target: r.Header.Get("X-Amz-Target"),
		Authorization: r.Header.Get("Authorization"), SecurityToken: r.Header.Get("X-Amz-Security-Token"), BodyBytes: n,
	})
	w.Write([]byte("{}"))
}

// The names under which a caller at 127.0.0.1 is led elsewhere: there too,
// but one of them is another name.
const (
	otherHost = "localhost"
	sameHost  = "127.0.0.1"
)

// redirect leads the caller to elsewhere under this host name.
func redirect(status int, host string) func(*hit) bool {
	return func(h *hit) bool {
		target := fmt.Sprintf("http://%s:%d%s", host, h.elsewhere, h.r.HTTP.URL.RequestURI())
		h.w.Header().Set("Location", target)
		h.w.WriteHeader(status)
		return true
	}
}

// redirectHome leads the caller to where he is.
func redirectHome(h *hit) bool {
	scheme := "http"
	if h.r.HTTP.TLS != nil {
		scheme = "https"
	}
	h.w.Header().Set("Location", scheme+"://"+h.r.HTTP.Host+h.r.HTTP.URL.RequestURI())
	h.w.WriteHeader(http.StatusTemporaryRedirect)
	return true
}
