package fakeaws

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// Server serves a cloud on an address of this machine.
type Server struct {
	URL   string         // for AWS_ENDPOINT_URL
	Roots *x509.CertPool // what a client of a TLS server must trust; nil without TLS

	http *http.Server
}

// Start serves the cloud over plain HTTP on a free port of the loopback
// address.
func Start(c *Cloud) (*Server, error) { return Listen(c, "127.0.0.1:0") }

// Listen serves the cloud over plain HTTP on an address.
func Listen(c *Cloud, address string) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return Serve(c, listener, "http"), nil
}

// StartTLS serves the cloud over TLS on a free port of the loopback address,
// with a certificate made for it.
func StartTLS(c *Cloud) (*Server, error) {
	certificate, roots, err := selfSigned(c.Clock.machine())
	if err != nil {
		return nil, err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return nil, err
	}
	s := Serve(c, listener, "https")
	s.Roots = roots
	return s, nil
}

// Serve serves the cloud on a listener, whose scheme is http or https.
func Serve(c *Cloud, listener net.Listener, scheme string) *Server {
	s := &Server{
		URL: scheme + "://" + listener.Addr().String(),
		// Clients that refuse a certificate or go away are what tests want:
		// nobody needs a line on standard error about them.
		http: &http.Server{Handler: c.Handler(), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)},
	}
	go s.http.Serve(listener)
	return s
}

// Close ends the server and every connection, also those that hang.
func (s *Server) Close() error { return s.http.Close() }

// selfSigned makes a certificate for the loopback address, valid a day.
func selfSigned(now time.Time) (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fakeaws"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots, nil
}
