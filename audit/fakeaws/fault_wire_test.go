package fakeaws

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// readsRight checks that all that the SDK reads is as it should be.
func readsRight(l *lab) {
	l.codes("", nil)
	if names, _, err := l.list(); err != nil || len(names) != labSecrets {
		l.t.Errorf("%d secrets, %v", len(names), err)
	}
}

// emptyAnswer: the SDK sees no error, and no secrets either.
func emptyAnswer(want string) func(*lab) {
	return func(l *lab) {
		_, body, err := l.post("ListSecrets", "{}")
		if err != nil || string(body) != want && want != "" {
			l.t.Errorf("got %q, %v, want %q", body, err, want)
		}
		if names, _, err := l.list(); err != nil || len(names) != 0 {
			l.t.Errorf("%d secrets, %v", len(names), err)
		}
	}
}

// unreadable: every service answers with this status and type, and the SDK
// finds no error of the service in it.
func unreadable(status int, contentType string) func(*lab) {
	return func(l *lab) {
		header, got, _ := l.signed()
		if got != status || !strings.HasPrefix(header.Get("Content-Type"), contentType) {
			l.t.Errorf("status %d, type %q, want %d, %s", got, header.Get("Content-Type"), status, contentType)
		}
		_, _, err := l.list()
		if err == nil || codeOf(err) != "" && codeOf(err) != "UnknownError" || status >= 300 && statusOf(err) != status {
			l.t.Errorf("got %v, want an error that has no code", err)
		}
	}
}

// signed makes the SDK call ListSecrets and returns what came on the wire.
func (l *lab) signed() (header http.Header, status int, body []byte) {
	cfg := l.cfg.Copy()
	cfg.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := l.cfg.HTTPClient.Do(r)
		if err != nil {
			return resp, err
		}
		header, status = resp.Header, resp.StatusCode
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return resp, err
	})
	secretsmanager.NewFromConfig(cfg).ListSecrets(l.ctx(), &secretsmanager.ListSecretsInput{})
	return header, status, body
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }

// brokenOff: the connection ends with this error before the answer does.
func brokenOff(want error) func(*lab) {
	return func(l *lab) {
		_, _, err := l.list()
		if !errors.Is(err, want) && !errors.Is(err, io.EOF) {
			l.t.Errorf("got %v, want %v", err, want)
		}
	}
}

func checkEndless(l *lab) {
	ctx, cancel := context.WithCancel(l.ctx())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.s.URL+"/", strings.NewReader("{}"))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	const enough = 20 << 20
	if n, err := io.CopyN(io.Discard, resp.Body, enough); n != enough {
		l.t.Errorf("the answer ended after %d bytes: %v", n, err)
	}
}

func checkZeros(l *lab) {
	r, err := http.NewRequestWithContext(l.ctx(), http.MethodPost, l.s.URL+"/", strings.NewReader("{}"))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
	r.Header.Set("Accept-Encoding", "gzip") // set by hand: the transport leaves the body as it is
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	packed, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil || len(packed) > 4<<20 || resp.Header.Get("Content-Encoding") != "gzip" {
		l.t.Fatalf("%d bytes, %q, %v", len(packed), resp.Header.Get("Content-Encoding"), err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		l.t.Fatal(err)
	}
	const enough = 16 << 20
	if n, err := io.CopyN(io.Discard, unpacked, enough); err != nil {
		l.t.Errorf("%d bytes of zeros, %v", n, err)
	}
	if size := binary.LittleEndian.Uint32(packed[len(packed)-4:]); size != bombSize {
		l.t.Errorf("the answer unpacks to %d bytes", size)
	}
}

func checkMislabelled(l *lab) {
	readsRight(l)
	if header, _, _ := l.signed(); !strings.Contains(header.Get("Content-Type"), "utf-16") {
		l.t.Errorf("the answer's header is %v", header)
	}
}

// hangsAfter: the header comes and a part of the body that is between least
// and most of it; the rest does not.
func hangsAfter(least, most float64) func(*lab) {
	return func(l *lab) {
		l.timesOut()
		ctx, cancel := context.WithCancel(l.ctx())
		defer cancel()
		var length, got int64
		cfg := l.cfg.Copy()
		cfg.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := l.cfg.HTTPClient.Do(r)
			if err != nil {
				return resp, err
			}
			length = resp.ContentLength
			got, _ = io.CopyN(io.Discard, resp.Body, int64(least*float64(length)))
			time.AfterFunc(impatient, cancel)
			more, _ := io.Copy(io.Discard, resp.Body)
			got += more
			return resp, nil
		})
		secretsmanager.NewFromConfig(cfg).ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
		if length <= 0 || float64(got) < least*float64(length) || float64(got) > most*float64(length) {
			l.t.Errorf("%d of %d bytes came", got, length)
		}
	}
}

// redirects: callers are told to go elsewhere, and so many of the SDK's
// calls without a body follow (those with a body never do).
func redirects(status, strays int) func(*lab) {
	return func(l *lab) {
		resp, _, err := l.post("ListSecrets", "{}")
		if err != nil || resp.StatusCode != status || !strings.HasPrefix(resp.Header.Get("Location"), "http://"+otherHost+":") {
			l.t.Fatalf("got %v, %v", resp, err)
		}
		if names, _, err := l.list(); err == nil {
			l.t.Errorf("%d secrets were listed", len(names))
		}
		l.functionPolicy()
		got := l.s.Strays()
		if len(got) != strays {
			l.t.Fatalf("%d strays, want %d", len(got), strays)
		}
		for _, stray := range got {
			if stray.Authorization != "" || stray.SecurityToken != "" || stray.Method != http.MethodGet || !strings.HasSuffix(stray.Path, "/policy") {
				l.t.Errorf("stray %+v", stray)
			}
		}
	}
}

// functionPolicy makes a call that has no body.
func (l *lab) functionPolicy() (*lambda.GetPolicyOutput, error) {
	return lambda.NewFromConfig(l.cfg).GetPolicy(l.ctx(), &lambda.GetPolicyInput{FunctionName: aws.String("load-rotation")})
}

// checkSignedStray: the SDK's own client hands its Authorization header to
// another port of the same host. That is for an auditor to prevent.
func checkSignedStray(l *lab) {
	l.functionPolicy()
	strays := l.s.Strays()
	if len(strays) != 1 || !strings.HasPrefix(strays[0].Authorization, "AWS4-HMAC-SHA256 ") {
		l.t.Errorf("strays %+v, want one that is signed", strays)
	}
}

// checkRedirectLoop: the SDK's own client has no limit on redirects. That too
// is for an auditor to set.
func checkRedirectLoop(l *lab) {
	ctx, cancel := context.WithCancel(l.ctx())
	defer cancel()
	go func() {
		for ctx.Err() == nil && l.s.Hits() <= 10 {
			runtime.Gosched()
		}
		cancel()
	}()
	in := &lambda.GetPolicyInput{FunctionName: aws.String("load-rotation")}
	if _, err := lambda.NewFromConfig(l.cfg).GetPolicy(ctx, in); !errors.Is(err, context.Canceled) {
		l.t.Errorf("got %v, want no end before more redirects than Go's limit of 10", err)
	}
}

// comesBack: the first attempt of a call is refused with this status and
// header, the second is not.
func comesBack(status int, header, pattern string) func(*lab) {
	return func(l *lab) {
		resp, _, err := l.post("ListSecrets", "{}")
		if err != nil || resp.StatusCode != status || !regexp.MustCompile(pattern).MatchString(resp.Header.Get(header)) {
			l.t.Fatalf("got %v, %v", resp, err)
		}
		if at, err := http.ParseTime(resp.Header.Get(header)); err == nil && time.Until(at).Abs() > 2*time.Second {
			l.t.Errorf("come back at %s", at)
		}
		for range 2 {
			if resp, _, err = l.post("ListSecrets", `{"MaxResults":9}`); err != nil {
				l.t.Fatal(err)
			}
		}
		if resp.StatusCode == status {
			l.t.Error("the second attempt of a call was refused too")
		}
		readsRight(l)
	}
}

func checkAbsurdDelays(l *lab) {
	got := make(map[string]bool)
	for range len(absurdDelays) {
		resp, _, err := l.post("ListSecrets", "{}")
		if err != nil || resp.StatusCode != 429 && resp.StatusCode != 503 {
			l.t.Fatalf("got %v, %v", resp, err)
		}
		got[resp.Header.Get("Retry-After")] = true
	}
	if len(got) != len(absurdDelays) {
		l.t.Errorf("%d different values, want %d", len(got), len(absurdDelays))
	}
	if names, _, err := l.list(); err == nil {
		l.t.Errorf("%d secrets could be listed", len(names))
	}
}

// refusedTLS: who trusts the authority refuses the certificate for this
// reason, and sends nothing.
func refusedTLS(reason string) func(*lab) {
	return func(l *lab) {
		l.cfg.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
			tr.TLSClientConfig.RootCAs = l.s.Roots
		})
		_, _, err := l.list()
		if err == nil || !strings.Contains(err.Error(), reason) {
			l.t.Errorf("got %v, want %q", err, reason)
		}
		if n := len(l.cloud.Calls()); n != 0 {
			l.t.Errorf("%d calls were made", n)
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(l.s.URL, "https://"))
		if err != nil {
			l.t.Fatal(err)
		}
		conn.Close()
	}
}
