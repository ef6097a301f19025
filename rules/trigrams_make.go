//go:build ignore

// This program writes trigrams.txt: how likely one letter follows two others
// in the words that people write in programs. It reads the identifiers and
// comments of Go's standard library, which is on every machine that can build
// this one:
//
//	go run trigrams_make.go
//
// Each different word counts once for every doubling of how often it occurs,
// so that no favourite word of the library decides. Words seen only twice are
// left out: they are mostly data.
package main

import (
	"bytes"
	"go/scanner"
	"go/token"
	"io/fs"
	"log"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
)

const letters = 27 // 0 is the edge of a word, 1 to 26 are a to z

func main() {
	words := map[string]int{}
	root := filepath.Join(runtime.GOROOT(), "src")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			read(text, words)
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("trigrams.txt", table(words), 0o666); err != nil {
		log.Fatal(err)
	}
}

// read counts the words of one file's identifiers and comments.
func read(text []byte, words map[string]int) {
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile("", set.Base(), len(text)), text, func(token.Position, string) {}, scanner.ScanComments)
	for {
		_, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return
		case token.IDENT, token.COMMENT:
			split(lit, words)
		}
	}
}

// split counts the words of text; a capital after a small letter starts one.
func split(text string, words map[string]int) {
	start := 0
	for i := 0; i <= len(text); i++ {
		inside := i < len(text) && unicode.IsLetter(rune(text[i])) && text[i] < 0x80
		camel := inside && i > start && unicode.IsUpper(rune(text[i])) && unicode.IsLower(rune(text[i-1]))
		if inside && !camel {
			continue
		}
		if n := i - start; n >= 3 && n <= 20 {
			words[strings.ToLower(text[start:i])]++
		}
		start = i
		if !inside {
			start = i + 1
		}
	}
}

// table writes one line for each pair of letters, one character for each
// letter that follows: half bits of surprise, from 0 to Z for 17.5 and more.
func table(words map[string]int) []byte {
	var count [letters][letters][letters]float64
	for w, n := range words {
		if n < 3 {
			continue
		}
		weight := float64(bits.Len(uint(n)))
		a, b := 0, 0
		for i := 0; i <= len(w); i++ {
			c := 0
			if i < len(w) {
				c = int(w[i]-'a') + 1
			}
			count[a][b][c] += weight
			a, b = b, c
		}
	}
	var out bytes.Buffer
	for a := range letters {
		for b := range letters {
			total := 0.0
			for _, n := range count[a][b] {
				total += n
			}
			for _, n := range count[a][b] {
				p := (n + 0.5) / (total + 0.5*letters)
				out.WriteByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[min(35, int(-2*math.Log2(p)+0.5))])
			}
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}
