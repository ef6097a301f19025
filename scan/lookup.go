package scan

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/assayhq/assay/rules"
)

// Fingerprint is what a report calls a credential of a rule. A nil salt is
// DefaultSalt.
func Fingerprint(salt []byte, rule string, value []byte) string {
	if salt == nil {
		salt = []byte(DefaultSalt)
	}
	h := hmac.New(sha256.New, salt)
	io.WriteString(h, rule)
	h.Write([]byte{0})
	h.Write(value)
	return "assay/v1:" + hex.EncodeToString(h.Sum(nil))
}

// A Spotted is a credential in a text.
type Spotted struct {
	Rule        string
	Line        int // from 1
	Fingerprint string
	Value       []byte // a part of the text; not to be kept
}

// Spot finds the credentials in the content of a file, for who has to compare them
// with what another program said of the same file. Comments and files that
// suppress do not count, placeholders are left out.
func Spot(set *rules.Set, salt []byte, path string, content []byte) (list []Spotted) {
	at := locator{data: content, line: 1, column: 1}
	for _, m := range set.Find(nil, content) {
		region := at.region(m.Start, m.End)
		m, ok := set.At(path, m)
		if !ok || m.Half() || m.Confidence == 0 {
			continue
		}
		value := m.Value(content)
		list = append(list, Spotted{m.Rule.ID, region.StartLine, Fingerprint(salt, m.Rule.ID, value), value})
	}
	return list
}
