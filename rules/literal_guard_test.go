//go:build unix

package rules

import (
	"math/rand/v2"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// Text that ends where memory ends, or begins where it begins: to read a byte
// beyond it would be the end of the process.
func TestLiteralsGuard(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Munmap(memory)
	for _, guard := range [][]byte{memory[:page], memory[2*page:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Skip(err)
		}
	}
	set, all := compileBuiltin(t), builtinLiterals(t)
	random := rand.New(rand.NewPCG(7, 8))
	for n := range chunk + 2*blockSize {
		text := literalText(random, all, n)
		for _, place := range [][]byte{memory[page:][:n], memory[2*page-n:][:n]} {
			copy(place, text)
			if diff := gocmp.Diff(set.literals.ruleHits(text), set.literals.ruleHits(place), gocmp.AllowUnexported(ruleHit{})); diff != "" {
				t.Fatalf("in %q:\n%s", text, diff)
			}
		}
	}
}
