package rules

import (
	"regexp"
	"testing"
)

// TestNamed shows what may stand between a vendor's name and a value.
func TestNamed(t *testing.T) {
	named, assigned := regexp.MustCompile(withNames(`{named}(?P<secret>[0-9a-f]{8})$`)), regexp.MustCompile(withNames(`{assigned}(?P<secret>[0-9a-f]{8})$`))
	for text, want := range map[string][2]bool{
		"_API_KEY=01ab34ef":             {true, true},
		"Token: \"01ab34ef":             {true, true},
		" secret 01ab34ef":              {true, true},
		"-token-01ab34ef":               {true, false},
		"=01ab34ef":                     {true, true},
		"'] = '01ab34ef":                {false, false},
		"_key\", \"value\": \"01ab34ef": {true, true},
		" is a service 01ab34ef":        {false, false},
		"_url=01ab34ef":                 {false, false},
	} {
		if got := [2]bool{named.MatchString(text), assigned.MatchString(text)}; got != want {
			t.Errorf("%s: {named} and {assigned} match %v, want %v", text, got, want)
		}
	}
	if p := "x{named}"; withNames(p) != p {
		t.Error("a mark counts at the start only")
	}
}
