package rules

import (
	"strings"
	"testing"

	"github.com/assayhq/assay/report"
)

// dummies are bodies of tokens by what they are. None is a credential: each is made
// here so that no token stands in the tree.
var dummies = []struct {
	name, body string
	want       report.Confidence
	doubtful   bool
}{
	{"random", "q7Zk2mX9pLw4Rt8vB3nHs6Yd", report.ConfidenceHigh, false},
	{"a short run in random text", "q7Zk1234pLw4Rt8vB3nHs6Yd", report.ConfidenceHigh, false},
	{"digits, then the alphabet", "1234567890" + "abcdef" + "12345678", report.ConfidenceMedium, true},
	{"letters and digits by turns", "a1b2c3d4e5f6" + "g7h8i9j0k1l2", report.ConfidenceMedium, true},
	{"the same twice", strings.Repeat("q7Zk2mX9pLw4", 2), report.ConfidenceMedium, true},
	{"digits only", "840275" + "103948" + "572093" + "485720", report.ConfidenceMedium, true},
	{"one character", strings.Repeat("a", 24), report.ConfidencePlaceholder, true},
	{"a mask", "q7Zkxxxxxxxxxxxxxxxxxxxx", report.ConfidencePlaceholder, true},
	{"a word that says it", "q7ZkEXAMPLEw4Rt8vB3nHs6Y", report.ConfidencePlaceholder, true},
	{"words for a token", "myaccesstokenmysecretkey", report.ConfidencePlaceholder, true},
}

func TestTellDummies(t *testing.T) {
	set := parseRules(t, `[[rule]]
id = "acme-key"
title = "Acme key"
confidence = "high"
prefixes = ["acme_"]
pattern = "acme_[0-9A-Za-z]{24}"
`)
	for _, d := range dummies {
		found := set.Find(nil, []byte("x = acme_"+d.body))
		if len(found) != 1 {
			t.Errorf("%s: %d matches", d.name, len(found))
			continue
		}
		if m := found[0]; m.Confidence != d.want || (m.Doubt != "") != d.doubtful {
			t.Errorf("%s: confidence %v, doubt %q", d.name, m.Confidence, m.Doubt)
		}
	}
}

// A mask is a placeholder where a vendor's prefix stands before it, although its
// entropy is too low for a match.
func TestBlankAfterPrefix(t *testing.T) {
	set := parseRules(t, `[[rule]]
id = "acme-key"
title = "Acme key"
prefixes = ["acme_"]
pattern = "acme_[0-9A-Za-z]{24}"
min_entropy = 0.6
[[rule]]
id = "emca-key"
title = "Emca key"
keywords = ["emca"]
pattern = "(?P<secret>[0-9A-Za-z]{24})"
min_entropy = 0.6
`)
	body := strings.Repeat("a", 24)
	if found := set.Find(nil, []byte("x = acme_"+body)); len(found) != 1 || found[0].Confidence != report.ConfidencePlaceholder {
		t.Errorf("after a prefix: %v", found)
	}
	if found := set.Find(nil, []byte("emca = "+body)); len(found) != 0 {
		t.Errorf("after a keyword: %v", found)
	}
	if found := set.Find(nil, []byte("x = acme_"+strings.Repeat("aabbc", 4)+"aacb")); len(found) != 0 {
		t.Errorf("low entropy that is no mask: %v", found)
	}
}

func TestMaskedFields(t *testing.T) {
	random := "e039d02840" + "a0b9379c"
	for _, c := range []struct {
		name, body string
		want       bool
	}{
		{"the number of an account", "2-511111111-31111111111-" + random, false},
		{"the secret part", "2-562730419-31827465103-" + strings.Repeat("x", 18), true},
		{"numbers only", "000000000000-000000000000", true},
		{"parts of random text that look alike", "a1b2-cccc-" + random, false},
		{"a run of slashes", "OEz" + strings.Repeat("/", 20) + random, true},
		{"letters in the account", "2-5xxxxxxxx-" + random, true},
	} {
		if got := masked([]byte(c.body)); got != c.want {
			t.Errorf("%s: masked is %v", c.name, got)
		}
	}
}

// What fits its checksum was issued, whatever it looks like.
func TestSealedTokenIsNoDummy(t *testing.T) {
	set := compileBuiltin(t)
	body := "1234567890" + "1234567890" + "1234567890"
	for seal, want := range map[string]report.Confidence{crc32Base62([]byte(body)): report.ConfidenceHigh, "000000": report.ConfidenceLow} {
		found := set.Find(nil, []byte("x = ghp_"+body+seal))
		if len(found) != 1 || found[0].Confidence != want {
			t.Errorf("seal %s: %v", seal, found)
		}
	}
}
