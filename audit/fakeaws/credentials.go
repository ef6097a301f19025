package fakeaws

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Credentials are what a caller signs with.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // empty for a user's own key
}

// credential is an access key that the cloud has handed out.
type credential struct {
	Credentials
	account   string
	arn       string // of the principal
	principal string // its unique id, as GetCallerIdentity tells it
	ends      time.Time

	signing sync.Map // of scopes to signing keys
}

// credential returns the access key with this id, nil if there is none.
func (c *Cloud) credential(id string) *credential {
	c.keysMu.RLock()
	defer c.keysMu.RUnlock()
	return c.keys[id]
}

// handOut makes a key known; the same label gives the same key again.
func (c *Cloud) handOut(prefix, label string, key *credential) Credentials {
	key.AccessKeyID = prefix + c.derive32("id "+label, 16)
	key.SecretAccessKey = c.derive64("secret "+label, 40)
	c.keysMu.Lock()
	defer c.keysMu.Unlock()
	if known, ok := c.keys[key.AccessKeyID]; ok {
		return known.Credentials
	}
	c.keys[key.AccessKeyID] = key
	return key.Credentials
}

// handOutSession makes the key of a session in a role, and the principal's
// id. Sessions are numbered, so each has texts of its own.
func (c *Cloud) handOutSession(account, arn, session string, length time.Duration) (Credentials, string) {
	number := c.sessions.Add(1)
	label := fmt.Sprintf("%s/%s/%d", account, session, number)
	role, name, _ := strings.Cut(session, ":")
	id := "AROA" + c.derive32("principal "+account+"/role/"+role, 16) + ":" + name
	token := ""
	for part := range 6 {
		token += c.derive64(fmt.Sprintf("token %d %s", part, label), 40)
	}
	key := c.handOut("ASIA", label, &credential{
		Credentials: Credentials{SessionToken: token},
		account:     account, arn: arn, principal: id, ends: c.Clock.aging().Add(length),
	})
	return key, id
}

// handedOut returns every text that the cloud gave to its callers and that
// nobody else may see: secret keys, session tokens, the marker; and what was
// planted.
func (c *Cloud) handedOut() []string {
	c.keysMu.RLock()
	defer c.keysMu.RUnlock()
	texts := []string{c.Marker()}
	for _, id := range sortedKeys(c.keys) {
		key := c.keys[id]
		texts = append(texts, key.SecretAccessKey)
		if key.SessionToken != "" {
			texts = append(texts, key.SessionToken)
		}
	}
	return append(texts, sortedKeys(c.planted)...)
}

// Plant makes a password of 24 letters and digits, for a test or a demo to put
// where none may be. The same label gives the same one. It is sensitive.
func (c *Cloud) Plant(label string) string {
	text := strings.NewReplacer("+", "x", "/", "Q").Replace(c.derive64("plant "+label, 24))
	c.keysMu.Lock()
	defer c.keysMu.Unlock()
	if c.planted == nil {
		c.planted = make(map[string]bool)
	}
	c.planted[text] = true
	return text
}
