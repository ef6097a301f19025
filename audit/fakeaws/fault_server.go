package fakeaws

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// FaultyServer serves a cloud in which one fault is at work.
type FaultyServer struct {
	*Injection
	*Server
}

// StartFaulty serves the cloud on a free port of the loopback address, with
// the fault of this name at work on what where selects. It is the one way that
// works for every fault, those of connections and certificates too.
func (c *Cloud) StartFaulty(name string, where Scope) (*FaultyServer, error) {
	i, err := c.Inject(name, where)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.Close()
		return nil, fmt.Errorf("fault %s: %w", name, err)
	}
	s := &FaultyServer{Injection: i, Server: Serve(c, i.Listen(l), i.Scheme())}
	s.Roots = i.RootCAs()
	return s, nil
}

// Close ends the server, the calls that hang in it, and the fault.
func (s *FaultyServer) Close() error {
	err := s.Server.Close()
	s.Injection.Close()
	return err
}

// Scheme returns https for faults of TLS, http for all others.
func (i *Injection) Scheme() string {
	if i.Kind.secured {
		return "https"
	}
	return "http"
}

// RootCAs returns the authority that a caller of a fault of TLS has to
// trust, so that nothing but the fault is wrong; nil for other faults.
func (i *Injection) RootCAs() *x509.CertPool { return i.roots }

// Listen lays the fault over a listener, if it is one of connections or of
// TLS; other faults return l itself.
func (i *Injection) Listen(l net.Listener) net.Listener {
	switch {
	case i.Kind.meetConn != nil:
		return &faultyListener{Listener: l, in: i}
	case i.Kind.secured:
		return tls.NewListener(&faultyListener{Listener: l, in: i}, &tls.Config{Certificates: i.certificates})
	}
	return l
}

// faultyListener hands the connections that are met to the fault.
type faultyListener struct {
	net.Listener
	in *Injection
}

// Accept returns the next connection that the fault leaves alone.
func (l *faultyListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		h := &hit{Injection: l.in}
		if l.in.stopped.Load() || !h.met() {
			return conn, nil
		}
		l.in.hits.Add(1)
		if l.in.Kind.meetConn == nil {
			return conn, nil
		}
		l.in.Kind.meetConn(l.in, conn)
	}
}

// badCertificate is what is wrong with a certificate.
type badCertificate int

const (
	pastItsEnd badCertificate = iota + 1
	ofAnotherHost
	signedByItself
)

// presentCertificate makes an authority and a certificate of 127.0.0.1 that
// a caller who trusts the authority must refuse for this one reason.
func presentCertificate(flaw badCertificate) func(*Injection) error {
	return func(i *Injection) error {
		now := time.Now() // callers judge certificates by their own clock
		authority := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fakeaws"}, IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign, NotBefore: now.AddDate(-2, 0, 0), NotAfter: now.AddDate(2, 0, 0),
		}
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "fakeaws endpoint"},
			NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		}
		switch flaw {
		case pastItsEnd:
			leaf.NotAfter = now.AddDate(0, 0, -1)
		case ofAnotherHost:
			leaf.IPAddresses, leaf.DNSNames = nil, []string{"elsewhere.invalid"}
		}
		return i.issue(authority, leaf, flaw == signedByItself)
	}
}

// issue signs the leaf, with its own key when alone.
func (i *Injection) issue(authority, leaf *x509.Certificate, alone bool) error {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, authority, authority, rootKey.Public(), rootKey)
	if err != nil {
		return err
	}
	root, err := x509.ParseCertificate(rootDER)
	if err != nil {
		return err
	}
	parent, signer := root, rootKey
	if alone {
		parent, signer = leaf, key
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, key.Public(), signer)
	if err != nil {
		return err
	}
	i.roots = x509.NewCertPool()
	i.roots.AddCert(root)
	i.certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	return nil
}
