package scan

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/scan/object"
)

// What is found in a history does not depend on what its packs are made of: it is
// the same where blobs are read as edits of others and where each is read whole.
func TestEditsAreRead(t *testing.T) {
	for seed := range uint64(4) {
		if testing.Short() && seed > 0 {
			break
		}
		rng := rand.New(rand.NewPCG(seed, 3))
		r := newRepo(t, "--bare")
		r.draw(drawnHistory(t, rng, 60)...)
		r.git("repack", "-adfq", "--depth=50", "--window=20")
		edits := 0
		got := jsonl(t, Options{LineHashes: true}, counting{r.open().History(), &edits})
		want := jsonl(t, Options{LineHashes: true}, wholes{r.open().History()})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: -whole +edits\n%s", seed, diff)
		}
		if edits < 60 || strings.Count(got, `"path"`) < 100 {
			t.Errorf("seed %d: %d edits, %d places: too few to tell anything", seed, edits, strings.Count(got, `"path"`))
		}
	}
}

// wholes is a history that keeps to itself what its blobs share.
type wholes struct{ *History }

func (w wholes) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return eachBlob(w.History.Units(ctx), func(b *Blob) { b.Edit = Edit{} })
}

// counting counts the blobs that are edits of others.
type counting struct {
	*History
	edits *int
}

func (c counting) Units(ctx context.Context) iter.Seq2[Unit, error] {
	return eachBlob(c.History.Units(ctx), func(b *Blob) {
		if b.Type == object.Blob && len(b.Edit.Copies) > 0 {
			*c.edits++
		}
	})
}

func eachBlob(units iter.Seq2[Unit, error], do func(*Blob)) iter.Seq2[Unit, error] {
	return func(yield func(Unit, error) bool) {
		for unit, err := range units {
			changed := func() iter.Seq2[Blob, error] {
				return func(yield func(Blob, error) bool) {
					for b, err := range unit() {
						do(&b)
						if !yield(b, err) {
							return
						}
					}
				}
			}
			if !yield(changed, err) {
				return
			}
		}
	}
}

// drawnHistory draws a line of commits that edit some files as people and machines
// do: lines come, go, move and change; credentials are planted, broken and mended.
func drawnHistory(t *testing.T, rng *rand.Rand, commits int) []step {
	files := map[string][]string{}
	for i := range 4 {
		for range 30 {
			files[fmt.Sprintf("src/f%d", i)] = append(files[fmt.Sprintf("src/f%d", i)], drawnLine(t, rng))
		}
	}
	for i := range 40 { // so that trees are worth a delta
		files[fmt.Sprintf("src/small%d", i)] = []string{"x"}
	}
	var steps []step
	last := ""
	for i := range commits {
		s := step{name: fmt.Sprintf("c%02d", i), files: map[string]string{}}
		if i == commits-1 {
			s.name = "main"
		}
		if last != "" {
			s.parents = []string{last}
		}
		for range 1 + rng.IntN(3) {
			name := fmt.Sprintf("src/f%d", rng.IntN(4))
			files[name] = mutated(t, rng, files[name])
		}
		if rng.IntN(5) == 0 {
			files["src/"+token(t, rng.Uint64())] = []string{"a name"}
		}
		for name, lines := range files {
			s.files[name] = strings.Join(lines, "")
		}
		steps = append(steps, s)
		last = s.name
	}
	return steps
}

func mutated(t *testing.T, rng *rand.Rand, lines []string) []string {
	lines = append([]string(nil), lines...)
	for range 1 + rng.IntN(4) {
		i := rng.IntN(len(lines))
		switch rng.IntN(7) {
		case 0:
			lines = append(lines[:i], lines[i+1:]...)
			lines = append(lines, drawnLine(t, rng))
		case 1, 2:
			lines = append(lines[:i+1], lines[i:]...)
			lines[i] = drawnLine(t, rng)
		case 3:
			j := rng.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
		case 4: // a few bytes in the midst of a line, a credential perhaps
			at := rng.IntN(len(lines[i]))
			lines[i] = lines[i][:at] + [...]string{"", "x", "\"", " ", "\n"}[rng.IntN(5)] + lines[i][at:]
		case 5:
			for k := range lines {
				lines[k] = strings.Replace(lines[k], "\n", "\r\n", 1)
			}
		case 6:
			for k := range lines {
				lines[k] = strings.ReplaceAll(lines[k], "\r\n", "\n")
			}
		}
	}
	return lines
}

func drawnLine(t *testing.T, rng *rand.Rand) string {
	seed := rng.Uint64N(20)
	switch rng.IntN(15) {
	case 0:
		return "token: " + token(t, seed) + "\n"
	case 1:
		return "again = " + token(t, seed) + " # assay:allow\n"
	case 2:
		return "# assay:allow-next-line\n"
	case 3:
		return expand(t, "generic-password", "password = \"{base62:14}\"\n", seed)
	case 4:
		return expand(t, "privatekey-rsa", "{pem:RSA PRIVATE KEY}\n", seed)
	case 5:
		return "-----BEGIN RSA PRIVATE KEY-----\n"
	case 6:
		return expand(t, "generic-netrc-password", "machine a\n login b\n password {base62:14}\n", seed)
	case 7:
		return strings.Repeat("long line, ", 2000) + token(t, seed) + "\n"
	case 8:
		return "curl \\\n" + expand(t, "http-user-option", " -u deploy:{base62:14} https://host/\n", seed)
	case 9:
		return expand(t, "aws-access-key-id", "aws_access_key_id = AKIA{base32:16}\n", seed)
	case 10:
		return expand(t, "aws-secret-access-key", "aws_secret_access_key = {base64:40}\n", seed)
	case 11:
		return fmt.Sprintf("user: deploy%d\n", seed)
	}
	return fmt.Sprintf("plain line %d\n", rng.IntN(50))
}
