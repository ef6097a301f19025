package report

import (
	"strings"
	"testing"
)

// A page is used with a keyboard alone: search, filters, items.
func TestPageByKeyboard(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	for _, c := range []struct {
		name string
		n    int // of secrets; of more than pageEager items are made when they are opened
	}{{"all at once", 60}, {"as they are opened", pageEager + 1}} {
		t.Run(c.name, func(t *testing.T) {
			b := newBrowser(t)
			file, _ := pageFile(t, "keys", func(h Handler) { manySecrets(t, h, c.n) })
			b.open(file, 1280, false)
			want := func(what, script, want string) {
				t.Helper()
				if got := b.said(script); !strings.Contains(got, want) {
					t.Errorf("%s: %q, want %q", what, got, want)
				}
			}
			b.press("Tab", "", 9)
			want("the first stop", `document.activeElement.textContent`, "Skip to the report")
			b.press("/", "/", 191)
			want("a slash goes to", `document.activeElement.id`, "q")
			for _, letter := range "role/service-2" {
				b.press(string(letter), string(letter), 0)
			}
			want("the search holds", `document.getElementById("q").value`, "role/service-2")
			want("it lists", `document.getElementById("shown").textContent`, " of ")
			want("what it lists has it", `[...document.querySelectorAll(".i:not([hidden])")].every((i) => i.textContent.includes("role/service-2"))`, "true")
			b.press("Escape", "", 27)
			want("after escape", `document.getElementById("shown").textContent`, " listed")
			b.eval(`(document.querySelector(".worst a[data-f]").focus(), 0)`, nil)
			b.press("Enter", "\r", 13)
			want("a check as a filter", `document.getElementById("chips").textContent`, "SM-")
			want("it lists", `document.getElementById("shown").textContent`, " of ")
			b.eval(`(document.querySelector("#chips button").focus(), 0)`, nil)
			b.press("Enter", "\r", 13)
			want("without the filter", `document.getElementById("shown").textContent`, " listed")
			b.eval(`(document.querySelector(".i > summary").focus(), 0)`, nil)
			b.press("Enter", "\r", 13)
			want("an item is open", `document.querySelector(".i").open`, "true")
			want("with what it holds", `document.querySelector(".i .d").checkVisibility()`, "true")
			want("as elements", `document.querySelector(".i").getElementsByTagName("noscript").length`, "0")
			b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
			want("on paper there is no search", `document.getElementById("tools").checkVisibility()`, "false")
			want("and the paper is white", `getComputedStyle(document.documentElement).backgroundColor`, "255, 255, 255")
			if len(b.problems) > 0 {
				t.Errorf("problems: %s", strings.Join(b.problems, "\n"))
			}
		})
	}
}
