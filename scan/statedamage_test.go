package scan

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Damaged objects are met in every run.
func TestStateMeetsDamageAgain(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n", "b", token(t, 2)+"\n")
	id := k.git("rev-parse", "HEAD:a")
	name := filepath.Join(k.dir, ".git/objects", id[:2], id[2:])
	sound, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, name, sound[:len(sound)/2])
	for range 3 {
		k.agree("damaged").noticed(t, id, "")
	}
	overwrite(t, name, sound)
	if got := k.agree("mended").complete(t); len(got.findings) != 2 {
		t.Errorf("%d findings", len(got.findings))
	}
	k.idle("mended again")
	overwrite(t, filepath.Join(k.dir, ".git/shallow"), []byte("nonsense\n"))
	k.agree("shallow").noticed(t, "shallow", "")
}

// So is a commit that does not parse.
func TestStateOddCommit(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	k.feed("no tree\n\nmessage\n", "hash-object", "-w", "--literally", "-t", "commit", "--stdin")
	for range 3 {
		k.agree("odd").noticed(t, "commit", "without a tree")
	}
}

// And an object that lies under a wrong id.
func TestStateMismatch(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n", "b", "clean\n")
	k.git("gc", "-q")
	packs, err := filepath.Glob(filepath.Join(k.dir, ".git/objects/pack/*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	name := strings.TrimSuffix(packs[0], ".pack") + ".idx"
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	k.git("index-pack", "--index-version=1", packs[0]) // that has no checksums of objects
	index, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	id, err := hex.DecodeString(k.git("rev-parse", "HEAD:a"))
	if err != nil {
		t.Fatal(err)
	}
	index[bytes.Index(index, id)+len(id)-1] ^= 1
	sum := sha1.Sum(index[:len(index)-sha1.Size])
	overwrite(t, name, append(index[:len(index)-sha1.Size], sum[:]...))
	for range 3 {
		k.agree("forged").noticed(t, "object", "does not match")
	}
}

// Bytes between the entries of a pack belong to no object, so that nothing is
// remembered and they are met in every run.
func TestStateGapInPack(t *testing.T) {
	k := newKeeper(t)
	k.commit("a", token(t, 1)+"\n")
	k.git("gc", "-q")
	packs, err := filepath.Glob(filepath.Join(k.dir, ".git/objects/pack/*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	pack, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(packs[0], ".pack") + ".idx"
	index, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pack = append(pack[:len(pack)-sha1.Size], "nothing that is an entry"...)
	sum := sha1.Sum(pack)
	overwrite(t, packs[0], append(pack, sum[:]...))
	index = append(index[:len(index)-2*sha1.Size], sum[:]...)
	sum = sha1.Sum(index)
	overwrite(t, name, append(index, sum[:]...))
	for range 3 {
		k.agree("a gap").noticed(t, "offset", "belong to no object")
	}
}

// Whatever byte of a pack is damaged.
func TestStateDamagedPack(t *testing.T) {
	k := newKeeper(t)
	for i := range 20 {
		k.commit("a", fmt.Sprintf("%s\n%d\n", token(t, 1), i))
	}
	k.git("repack", "-adfq")
	packs, err := filepath.Glob(filepath.Join(k.dir, ".git/objects/pack/*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	sound, err := os.ReadFile(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		k.file = filepath.Join(t.TempDir(), "state")
		bad := slices.Clone(sound)
		bad[12+rnd.IntN(len(bad)-12)] ^= 1 << rnd.IntN(8)
		overwrite(t, packs[0], bad)
		k.agree("damaged once")
		k.agree("damaged twice")
	}
}

func overwrite(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(name), os.WriteFile(name, data, 0o666)); err != nil {
		t.Fatal(err)
	}
}
