package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Word lists that others made come in Go modules, which the Go command fetches
// and checks. Nothing of them is kept in this repository.
//
//	github.com/sethvargo/go-diceware   MIT; the large list of the EFF for dice, CC BY 3.0
//	github.com/brianvoe/gofakeit/v7    MIT; first and last names, companies
//	github.com/trustelem/zxcvbn        MIT; words of Wikipedia, names of the US census,
//	                                   passwords from leaks, by frequency
//
// The tuning half takes from the first two, the deciding half from the third.
type wordModule struct {
	half          string
	path, version string
	lists         map[string]wordSource // by the list that they are added to
}

// A wordSource is a part of a file in a module.
type wordSource struct {
	files []string
	part  *regexp.Regexp // its group is the part of the file that is read; nil for all
	entry *regexp.Regexp // its group is an entry
	// from and to bound the entries taken, which are sorted by frequency where
	// the list is. The most frequent passwords are what people write for none.
	from, to int
	keep     func(string) bool
}

var (
	quotedWord = regexp.MustCompile(`"([A-Za-z]+)"`)
	firstWord  = regexp.MustCompile(`(?m)^(\S+)`)
)

var wordModules = []wordModule{
	{tuningName, "github.com/sethvargo/go-diceware", "v0.5.0", map[string]wordSource{
		"words": {files: []string{"diceware/word_list_eff_large.go"}, entry: quotedWord, to: 7776, keep: someLetters(4, 10)},
	}},
	{tuningName, "github.com/brianvoe/gofakeit/v7", "v7.3.0", map[string]wordSource{
		"first":     {files: []string{"data/person.go"}, part: sliceOf("first"), entry: quotedWord, to: 4000, keep: someLetters(4, 9)},
		"last":      {files: []string{"data/person.go"}, part: sliceOf("last"), entry: quotedWord, to: 4000, keep: someLetters(4, 9)},
		"companies": {files: []string{"data/company.go"}, part: sliceOf("name"), entry: quotedWord, to: 4000, keep: someLetters(4, 9)},
	}},
	{decidingName, "github.com/trustelem/zxcvbn", "v1.0.1", map[string]wordSource{
		"words":  {files: []string{"data/english_wikipedia.txt"}, entry: firstWord, from: 1000, to: 12000, keep: someLetters(4, 9)},
		"first":  {files: []string{"data/female_names.txt", "data/male_names.txt"}, entry: firstWord, to: 1500, keep: someLetters(4, 9)},
		"last":   {files: []string{"data/surnames.txt"}, entry: firstWord, to: 3000, keep: someLetters(4, 9)},
		"chosen": {files: []string{"data/passwords.txt"}, entry: firstWord, from: 200, to: 8000, keep: chosen},
	}},
}

// sliceOf cuts the strings of a key out of a map of slices in Go.
func sliceOf(key string) *regexp.Regexp { return regexp.MustCompile(`"` + key + `":\s*\{([^}]*)\}`) }

func someLetters(least, most int) func(string) bool {
	return func(w string) bool {
		return len(w) >= least && len(w) <= most && strings.Trim(strings.ToLower(w), lower) == ""
	}
}

// chosen leaves out of a list of passwords what people also write where a
// password is to be filled in, and counters.
func chosen(w string) bool {
	if len(w) < shortestPassword || slices.ContainsFunc([]string{"pass", "test", "admin", "secret", "user", "login", "change"}, func(s string) bool { return strings.Contains(w, s) }) {
		return false
	}
	run := 1
	for i := 1; i < len(w) && run < 5; i++ {
		run++
		if d := int(w[i]) - int(w[i-1]); d < -1 || d > 1 {
			run = 1
		}
	}
	return run < 5
}

// fetchWords adds the fetched words to both halves.
func (b *bench) fetchWords(ctx context.Context, halves []*wordHalf) error {
	for _, m := range wordModules {
		mods, err := fetch(ctx, filepath.Join(b.cache, "mod"), m.path, m.version)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(halves, func(h *wordHalf) bool { return h.Name == m.half })
		if err := m.addTo(halves[i].lists, mods[0].Dir); err != nil {
			return fmt.Errorf("%s %s: %w", m.path, m.version, err)
		}
	}
	return nil
}

func (m wordModule) addTo(lists map[string][]string, dir string) error {
	for name, source := range m.lists {
		for _, file := range source.files {
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
			if err != nil {
				return err
			}
			words := source.read(string(data))
			if len(words) == 0 {
				return fmt.Errorf("%s holds no words", file)
			}
			lists[name] = append(lists[name], words...)
		}
	}
	return nil
}

// read returns the words of a file.
func (s wordSource) read(text string) []string {
	if s.part != nil {
		m := s.part.FindStringSubmatch(text)
		if m == nil {
			return nil
		}
		text = m[1]
	}
	var words []string
	for i, m := range s.entry.FindAllStringSubmatch(text, s.to) {
		if i >= s.from && s.keep(m[1]) {
			words = append(words, m[1])
		}
	}
	return words
}
