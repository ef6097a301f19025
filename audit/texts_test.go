package audit

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTexts(t *testing.T) {
	masked := texts{mask: func(s string) string { return strings.ReplaceAll(s, "word", "****") }}
	for s, want := range map[string]string{"": "", "a word": "a ****", "a\xffb": "a\uFFFDb"} {
		if got := masked.clean(s); got != want {
			t.Errorf("%q becomes %q, want %q", s, got, want)
		}
	}
	// A text is masked before it is cut, and never cut within a character.
	edge := strings.Repeat("é", maxText/2-1) + "xword"
	if got := masked.clean(edge); len(got) != maxText || !utf8.ValidString(got) || strings.Contains(got, "w") {
		t.Errorf("%d bytes, which end in %q", len(got), got[len(got)-4:])
	}
	if got := masked.clean("x" + strings.Repeat("é", maxText)); len(got) != maxText-1 || !utf8.ValidString(got) {
		t.Errorf("%d bytes", len(got))
	}
	if got := masked.of(nil); got != "" {
		t.Errorf("nothing becomes %q", got)
	}
	if _, ok := masked.policy(new(strings.Repeat("x", maxPolicy+1))); ok {
		t.Error("a policy of any length is taken")
	}
	if got, ok := masked.policy(new(strings.Repeat("x", maxPolicy))); !ok || len(got) != maxPolicy {
		t.Error("the longest policy is not taken whole")
	}
}
