package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A habit is a way in which people choose passwords.
type habit struct {
	kind string
	// lists are those that it needs; where one is empty, the habit is left out.
	lists []string
	make  func(*rand.Rand, map[string][]string) string
}

// Every habit is as frequent as every other in the files. The list chosen holds
// passwords that people chose, from a leak; only the deciding half has it.
var habits = []habit{
	{"word", []string{"words"}, func(rng *rand.Rand, l map[string][]string) string { return cased(rng, pick(rng, l["words"])) }},
	{"word and digits", []string{"words"}, func(rng *rand.Rand, l map[string][]string) string {
		return cased(rng, pick(rng, l["words"])) + someDigits(rng)
	}},
	{"season or month", []string{"seasons"}, seasonal},
	{"name", []string{"first", "last"}, personal},
	{"keyboard walk", []string{"walks"}, walk},
	{"leet", []string{"words"}, leet},
	{"passphrase", []string{"words"}, passphrase},
	{"company", []string{"companies"}, corporate},
	{"non-ASCII", []string{"foreign"}, func(rng *rand.Rand, l map[string][]string) string {
		return capital(rng, pick(rng, l["foreign"])) + pick(rng, []string{"", "!", someDigits(rng), someDigits(rng), "_" + year(rng)})
	}},
	{"digits only", nil, numeric},
	{"signs at the end", []string{"words"}, func(rng *rand.Rand, l map[string][]string) string {
		return cased(rng, pick(rng, l["words"])) + pick(rng, []string{"!", "!!", "!1", "#1", "@1", "$$", "?!", "**", "!@#", "$1"})
	}},
	{"short", []string{"words"}, short},
	{"long", []string{"words", "first"}, long},
	{"chosen", []string{"chosen"}, func(rng *rand.Rand, l map[string][]string) string { return pick(rng, l["chosen"]) }},
}

func year(rng *rand.Rand) string { return fmt.Sprint(1960 + rng.IntN(67)) }

func someDigits(rng *rand.Rand) string {
	switch rng.IntN(4) {
	case 0:
		return year(rng)
	case 1:
		return fmt.Sprint(rng.IntN(10))
	case 2:
		return "123"
	}
	return fmt.Sprintf("%02d", rng.IntN(100))
}

// cased returns a word in lower case, with a capital or in capitals.
func cased(rng *rand.Rand, word string) string {
	if rng.IntN(12) == 0 {
		return strings.ToUpper(word)
	}
	return capital(rng, strings.ToLower(word))
}

// capital gives every second word a capital.
func capital(rng *rand.Rand, word string) string {
	if rng.IntN(2) == 0 {
		return word
	}
	return title(word)
}

func title(word string) string {
	r, n := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r)) + word[n:]
}

func seasonal(rng *rand.Rand, l map[string][]string) string {
	y := year(rng)
	if rng.IntN(4) == 0 {
		y = y[2:]
	}
	return cased(rng, pick(rng, l["seasons"])) + pick(rng, []string{"", "", "", "@", "-", "_", "#"}) + y + pick(rng, []string{"", "", "!", "!!", "#", "*"})
}

func personal(rng *rand.Rand, l map[string][]string) string {
	name := cased(rng, pick(rng, l["first"]))
	switch rng.IntN(4) {
	case 0:
		return name + someDigits(rng) + pick(rng, []string{"", "!", "#"})
	case 1:
		return name + "." + strings.ToLower(pick(rng, l["last"])) + pick(rng, []string{"", "1", "77"})
	case 2:
		return name + pick(rng, []string{"&", "+", "_", "and"}) + cased(rng, pick(rng, l["first"])) + pick(rng, []string{"", "4ever", "2"})
	}
	return cased(rng, pick(rng, l["last"])) + "_" + someDigits(rng)
}

// walk follows the rows or the columns of a keyboard, which the list walks
// holds, perhaps with shift at the end.
func walk(rng *rand.Rand, l map[string][]string) string {
	var text string
	for len(text) < 7 {
		row := pick(rng, l["walks"])
		from := 0
		if len(row) > 6 {
			from = rng.IntN(len(row) - 5)
		}
		step := row[from:min(len(row), from+4+rng.IntN(3))]
		if rng.IntN(8) == 0 {
			step = strings.ToUpper(step)
		}
		text += step
	}
	return text + pick(rng, []string{"", "", "!", "1", "12", "!@#"})
}

func leet(rng *rand.Rand, l map[string][]string) string {
	signs := strings.NewReplacer("a", "4", "e", "3", "i", "1", "o", "0")
	if rng.IntN(2) == 0 {
		signs = strings.NewReplacer("a", "@", "e", "3", "i", "!", "o", "0", "s", "$")
	}
	word := strings.ToLower(pick(rng, l["words"]))
	return capital(rng, word[:1]+signs.Replace(word[1:])) + pick(rng, []string{"", "", someDigits(rng), "!"})
}

func passphrase(rng *rand.Rand, l map[string][]string) string {
	n := 3 + rng.IntN(2)
	some := make([]string, n)
	for i := range some {
		some[i] = strings.ToLower(pick(rng, l["words"]))
	}
	switch rng.IntN(5) {
	case 0:
		return strings.Join(some, " ")
	case 1:
		return strings.Join(some, "")
	case 2:
		for i, w := range some {
			some[i] = title(w)
		}
		return strings.Join(some, "") + pick(rng, []string{"", someDigits(rng), "!"})
	}
	return strings.Join(some, pick(rng, []string{"-", "_", "."})) + pick(rng, []string{"", "", someDigits(rng)})
}

func corporate(rng *rand.Rand, l map[string][]string) string {
	name := pick(rng, l["companies"])
	switch rng.IntN(4) {
	case 0:
		return cased(rng, name) + "@" + someDigits(rng)
	case 1:
		return cased(rng, name) + pick(rng, []string{"Admin", "Db", "Root", "Prod", "Dev"}) + someDigits(rng)
	case 2:
		return strings.ToLower(name) + "_" + strings.ToLower(pick(rng, []string{"sql", "ftp", "wifi", "vpn", "mail", "backup"})) + someDigits(rng)
	}
	return cased(rng, name) + year(rng) + pick(rng, []string{"", "!", "$"})
}

// numeric is a date or any number. One with digits in order is no password that
// a scanner can tell from a counter.
func numeric(rng *rand.Rand, _ map[string][]string) string {
	if rng.IntN(2) == 0 {
		return fmt.Sprintf("%02d%02d%s", 1+rng.IntN(28), 1+rng.IntN(12), year(rng))
	}
	return random(rng, digits, 6+rng.IntN(5))
}

// short is 6 to 8 characters long.
func short(rng *rand.Rand, l map[string][]string) string {
	word := strings.ToLower(pick(rng, l["words"]))
	for i := 0; len(word) > 6 && i < 50; i++ {
		word = strings.ToLower(pick(rng, l["words"]))
	}
	word = word[:min(len(word), 6)]
	switch rng.IntN(3) {
	case 0:
		return random(rng, lower, 2) + word[:min(len(word), 3)] + random(rng, digits, 2)
	case 1:
		return title(word) + random(rng, digits, 8-len(word))
	}
	return word + random(rng, digits, max(1, 6-len(word)))
}

// long is a sentence without blanks.
func long(rng *rand.Rand, l map[string][]string) string {
	some := []string{pick(rng, []string{"i", "my", "we", "the", "our"}), pick(rng, []string{"love", "like", "miss", "feed", "hate", "need"}), pick(rng, []string{"my", "your", "the", "old"}),
		pick(rng, l["words"]), pick(rng, []string{"and", "with", "not"}), pick(rng, l["first"]), pick(rng, l["words"])}
	for i, w := range some {
		some[i] = strings.ToLower(w)
		if rng.IntN(3) == 0 {
			some[i] = title(some[i])
		}
	}
	return strings.Join(some, "") + pick(rng, []string{"", "!", someDigits(rng)})
}
