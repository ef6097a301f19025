package main

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// An entry that tells its credential by a hash hides nothing where another one stands
// on its line now, and hides what is there where the two programs cut it out
// differently.
func TestEntryOfChangedLine(t *testing.T) {
	rule := rules.Rule{Rule: report.Rule{ID: "test"}, Structure: "test"}
	made := func(seed uint64) string {
		text, err := rule.Expand("{base62:24}", seed)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	old, now := made(1), made(2)
	for _, c := range []struct {
		name, line, told string
		changed          bool
	}{
		{"the same", `password = "` + now + `"`, now, false},
		{"cut behind a sign", `password = "x+` + now + `"`, now, false},
		{"cut before a sign", `password = ` + now + `;`, now + ";", false},
		{"with the quotes", `password = '` + now + `'`, "'" + now + "'", false},
		{"another", `password = "` + now + `"`, old, true},
		{"a part only", `password = "` + now + `"`, now[1:], true},
		{"more than can be tried", strings.Repeat("-", maxSeams), old, false},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.py"), []byte("import os\n"+c.line+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		sum := sha1.Sum([]byte(c.told))
		known, _, err := report.ParseSecretsBaseline(fmt.Appendf(nil,
			`{"version":"1.5.0","results":{"a.py":[{"type":"Secret Keyword","filename":"a.py","hashed_secret":%q,"line_number":2}]}}`, hex.EncodeToString(sum[:])))
		if err != nil || len(known) != 1 {
			t.Fatal(known, err)
		}
		b := binder{root: dir}
		if got := b.changed(&known[0]); got != c.changed {
			t.Errorf("%s: changed is %t", c.name, got)
		}
	}
}

func TestRulesThatNeedOthers(t *testing.T) {
	all := rules.Builtin()
	if err := paired(all); err != nil {
		t.Error(err)
	}
	off := func(id string) []rules.Rule {
		return rules.Only(all, func(r *rules.Rule) bool { return r.ID != id })
	}
	if err := paired(off("twilio-account-sid")); err == nil || !strings.Contains(err.Error(), "twilio-auth-token-beside-sid finds only beside") {
		t.Error(err)
	}
	if err := paired(off("generic-password")); err != nil {
		t.Error(err)
	}
}
