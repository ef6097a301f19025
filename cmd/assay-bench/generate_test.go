package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

func stream(o generatorOptions) ([]byte, *generator) {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	g := generate(w, o)
	w.Flush()
	return out.Bytes(), g
}

func TestGenerateDependsOnSeedAlone(t *testing.T) {
	sum := func(seed uint64) string {
		out, _ := stream(generatorOptions{Seed: seed, Commits: 300, Files: 60, Plants: 20})
		h := sha256.Sum256(out)
		return hex.EncodeToString(h[:])
	}
	first := sum(7)
	if again := sum(7); again != first {
		t.Errorf("seed 7 gave %s, then %s", first, again)
	}
	if other := sum(8); other == first {
		t.Error("seeds 7 and 8 give the same stream")
	}
}

func TestGeneratePlants(t *testing.T) {
	out, g := stream(generatorOptions{Seed: 3, Commits: 2000, Files: 100, Plants: 40})
	if g.made != 2000 {
		t.Errorf("%d commits, want 2000", g.made)
	}
	if len(g.plants) != 40 {
		t.Fatalf("%d plants, want 40", len(g.plants))
	}
	paths, merges := map[string]bool{}, 0
	for _, p := range g.plants {
		paths[p.Path] = true
		if p.Merge {
			merges++
		}
	}
	if len(paths) != 40 || merges != 10 {
		t.Errorf("%d paths and %d merges, want 40 and 10", len(paths), merges)
	}
	for f, value := range g.planted {
		if !bytes.Contains(out, []byte("\n"+value+"\n")) {
			t.Errorf("the plant in %s is not in the stream", g.paths[f])
		}
	}
}

// TestPlantsOfMergesAreNewInThem follows the stream: a plant that is said to be
// born in a merge must first appear in a commit with two parents.
func TestPlantsOfMergesAreNewInThem(t *testing.T) {
	out, g := stream(generatorOptions{Seed: 5, Commits: 1500, Files: 80, Plants: 24})
	commits := strings.Split(string(out), "\ncommit refs/heads/")
	for i, p := range g.plants {
		value := g.planted[g.order[i]]
		for _, c := range commits {
			if strings.Contains(c, value) {
				if merge := strings.Contains(c, "\nmerge :"); merge != p.Merge {
					t.Errorf("plant %d: first in a merge: %v, said to be: %v", i, merge, p.Merge)
				}
				break
			}
		}
	}
}

func TestGitImportsTheStream(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	if err := initBare(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	err := fastImport(t.Context(), dir, func(w *bufio.Writer) error {
		generate(w, generatorOptions{Seed: 1, Commits: 400, Files: 50, Plants: 8})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gitIn(dir, "fsck", "--strict").run(t.Context()); err != nil {
		t.Error(err)
	}
	f, err := readFacts(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if f.Commits != 400 || f.Merges < 20 || f.Blobs < 400 || f.BlobBytes == 0 || f.Packed == 0 {
		t.Errorf("the repository holds %+v", f)
	}
}

func TestFastImportTellsTheWritersError(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := t.TempDir()
	if err := initBare(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	want := fmt.Errorf("the source is gone")
	if err := fastImport(t.Context(), dir, func(*bufio.Writer) error { return want }); err != want {
		t.Errorf("error %v, want %v", err, want)
	}
	err := fastImport(t.Context(), dir, func(w *bufio.Writer) error {
		for range 1 << 20 {
			fmt.Fprintln(w, "no such command")
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "Unsupported command") {
		t.Errorf("error %v does not say what git said", err)
	}
}

func TestGitHubTokenHasItsChecksum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		token := githubToken(rng)
		if len(token) != 40 {
			t.Fatalf("%d characters, want 40", len(token))
		}
		sum := uint32(0)
		for _, c := range token[34:] {
			sum = sum*62 + uint32(strings.IndexRune(base62, c))
		}
		if want := crc32.ChecksumIEEE([]byte(token[4:34])); sum != want {
			t.Fatalf("checksum %d, want %d", sum, want)
		}
	}
}

func TestTips(t *testing.T) {
	got := tips("c3 c1 c2\nc1\nc2 c1\nc5 c4\n\n")
	if strings.Join(got, " ") != "c3 c5" {
		t.Errorf("tips %v, want c3 and c5", got)
	}
}

func TestObjectPath(t *testing.T) {
	for name, want := range map[string]string{
		"./.git/objects/ab/cd":     "objects/ab/cd",
		"objects/pack/p.pack":      "objects/pack/p.pack",
		".git/hooks/post-checkout": "",
		".git/config":              "",
		"../../objects/x":          "objects/x",
		"objects/../../etc/passwd": "",
		"src/objects/x":            "",
	} {
		if got := objectPath(name); got != want {
			t.Errorf("objectPath(%q) = %q, want %q", name, got, want)
		}
	}
}
