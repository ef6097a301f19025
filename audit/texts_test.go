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
	if _, _, err := masked.policy(new(strings.Repeat(" ", maxPolicy+1))); err == nil {
		t.Error("a policy of any length is taken")
	}
	longest := `{"Statement":"` + strings.Repeat("x", maxPolicy-16) + `"}`
	if got, _, err := masked.policy(&longest); err != nil || got != longest {
		t.Errorf("the longest policy is not taken whole: %v", err)
	}
}
