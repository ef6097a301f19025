package fakeaws_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/assayhq/assay/audit/fakeaws"
)

// The cost of one call on this side: the handler alone, without sockets,
// first with and then without the check of the signature.
func BenchmarkHandler(b *testing.B) {
	for _, trust := range []bool{false, true} {
		cloud := fakeaws.New(fakeaws.Options{TrustSignatures: trust, CountOnly: true})
		a := fakeaws.Load(cloud, 100_000)
		keys := a.User("auditor")
		for _, operation := range []string{"DescribeSecret", "ListSecrets", "ListSecretVersionIds", "GetResourcePolicy"} {
			b.Run(fmt.Sprintf("%s/trust=%t", operation, trust), func(b *testing.B) {
				body := []byte(`{"SecretId":"load/service-054321"}`)
				if operation == "ListSecrets" {
					body = []byte(`{"MaxResults":100}`)
				}
				request := signedCall(b, keys, "http://127.0.0.1/", operation, body)
				handler := cloud.Handler()
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, request)
				if w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
				size := w.Body.Len()
				sink := &discard{header: make(http.Header)}
				b.ReportAllocs()
				for b.Loop() {
					request.Body = io.NopCloser(bytes.NewReader(body))
					handler.ServeHTTP(sink, request)
				}
				b.ReportMetric(float64(size), "B/answer")
			})
		}
	}
}

// The same over a socket, with a raw client: what two cores can do together.
func BenchmarkSocket(b *testing.B) {
	cloud := fakeaws.New(fakeaws.Options{TrustSignatures: true, CountOnly: true})
	keys := fakeaws.Load(cloud, 100_000).User("auditor")
	server := must[*fakeaws.Server](b)(fakeaws.Start(cloud))
	b.Cleanup(func() { server.Close() })
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	body := []byte(`{"SecretId":"load/service-054321"}`)
	request := signedCall(b, keys, server.URL+"/", "DescribeSecret", body)
	start := time.Now()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			call := request.Clone(background)
			call.Body = io.NopCloser(bytes.NewReader(body))
			response, err := client.Do(call)
			if err != nil || response.StatusCode != http.StatusOK {
				b.Error(response, err)
				return
			}
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "calls/s")
}

// discard throws an answer away.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
