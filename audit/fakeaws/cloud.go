// Package fakeaws is an AWS on loopback, as far as an audit of Secrets Manager
// sees it: secretsmanager, kms, cloudtrail, lambda, account, organizations, sts and what
// holds configuration, in their own wire protocols, with several accounts
// and regions, pages, rate limits, checked signatures, a clock that can be
// moved, a log of all calls, and faults.
//
//	cloud := fakeaws.New(fakeaws.Options{Now: now})
//	account := cloud.Account("210987654321")
//	region := account.Region("eu-west-1")
//	region.Secrets = append(region.Secrets, &fakeaws.Secret{Name: "prod/db"})
//	server, err := fakeaws.Start(cloud)
//	// point an SDK at server.URL, signing with account.User("auditor")
//
// State is plain data; what is left empty is left out of answers, and what
// the fields cannot say can be given as raw JSON. Demo lays down a small
// company, Load very many secrets. Nothing here is a real credential: keys and
// tokens are made at run time from Options.Seed.
//
// It is no AWS: policies are told but not applied (whoever has a key may ask
// everything in its account), and nothing can be written but messages to Security
// Hub, SNS and EventBridge, which Received tells.
package fakeaws

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how a Cloud behaves. The zero value is a cloud without rate
// limits that checks every signature and keeps every call.
type Options struct {
	// Now is the time of the story; zero means the machine's time.
	Now time.Time
	// Machine is the clock that runs; nil means time.Now.
	Machine func() time.Time
	// Seed makes access keys, session tokens and the marker: the same seed,
	// the same texts.
	Seed uint64
	// Scale multiplies the rate limits that AWS documents; 0 means no limits.
	Scale float64
	// TrustSignatures leaves the HMAC of a request unchecked; its form, scope,
	// key and date are checked all the same. For load.
	TrustSignatures bool
	// CountOnly keeps no log of single calls, only how many there were.
	CountOnly bool
}

// Cloud is the state of some accounts and what happened to it. It may be
// served to many callers at once; see Update for changing it meanwhile.
type Cloud struct {
	Clock *Clock

	options Options
	limits  limiter
	log     callLog
	buffers sync.Pool

	mu       sync.RWMutex // guards what follows, and the state of all accounts
	accounts map[string]*Account
	faults   []Fault // asked in this order before the services

	keysMu  sync.RWMutex
	keys    map[string]*credential // by access key id
	planted map[string]bool        // by Plant

	sessions atomic.Uint64 // how many were handed out
	inbox    inbox
}

// New returns an empty cloud.
func New(options Options) *Cloud {
	if options.Machine == nil {
		options.Machine = time.Now
	}
	if options.Now.IsZero() {
		options.Now = options.Machine()
	}
	c := &Cloud{
		Clock:    &Clock{machine: options.Machine, now: options.Now},
		options:  options,
		accounts: make(map[string]*Account),
		keys:     make(map[string]*credential),
	}
	c.buffers.New = func() any { return new(encoder) }
	c.log.countOnly = options.CountOnly
	return c
}

// Account returns the account with this id (twelve digits), created on first
// use, with all regions of its partition.
func (c *Cloud) Account(id string) *Account {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.accounts[id]
	if !ok {
		a = newAccount(c, id)
		c.accounts[id] = a
	}
	return a
}

// Accounts returns all accounts, ordered by id.
func (c *Cloud) Accounts() []*Account {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]*Account, 0, len(c.accounts))
	for _, a := range c.accounts {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *Account) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Update runs change while no call is being answered. State that is laid
// down before the cloud is served needs none. change may touch fields only:
// it must not call methods of the cloud or of its accounts.
func (c *Cloud) Update(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// Marker is the value of every secret here. Nothing of it may ever be seen in
// what an auditor writes.
func (c *Cloud) Marker() string { return "marker-" + c.derive32("marker", 26) }

// derive makes bytes from the seed that no other label has.
func (c *Cloud) derive(label string) []byte {
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], c.options.Seed)
	mac := hmac.New(sha256.New, seed[:])
	mac.Write([]byte(label))
	return mac.Sum(nil)
}

// derive32 returns n letters and digits of base 32 (at most 51).
func (c *Cloud) derive32(label string, n int) string {
	return base32.StdEncoding.EncodeToString(c.derive(label))[:n]
}

// derive64 returns n characters of base 64 (at most 43).
func (c *Cloud) derive64(label string, n int) string {
	return base64.StdEncoding.EncodeToString(c.derive(label))[:n]
}

// deriveUUID returns an id like the services' own.
func (c *Cloud) deriveUUID(label string) string {
	b := c.derive(label)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
