package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}

// sizeOr is size, or a dash for what is unknown.
func sizeOr(n int64) string {
	if n == 0 {
		return "-"
	}
	return size(n)
}

// duration writes a time with three or four digits that count.
func duration(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// ratio writes a/b.
func ratio[T int64 | time.Duration](a, b T) string {
	if a == 0 || b == 0 {
		return "-"
	}
	return threeDigits(share(a, b))
}

func share[T int64 | time.Duration](a, b T) float64 { return float64(a) / float64(b) }

// threeDigits writes a number above 0 with about as many digits as count.
func threeDigits(r float64) string {
	switch {
	case r >= 100:
		return fmt.Sprintf("%.0f", r)
	case r >= 10:
		return fmt.Sprintf("%.1f", r)
	case r >= 0.1:
		return fmt.Sprintf("%.2f", r)
	default:
		return fmt.Sprintf("%.4f", r)
	}
}

func percent(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(part)/float64(whole))
}

// A table is lines of cells. The first column is aligned left, the others right.
type table [][]string

func (t *table) add(cells ...string) { *t = append(*t, cells) }

func (t table) write(w io.Writer) error {
	var widths []int
	for _, line := range t {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range t {
		if _, err := fmt.Fprintln(w, strings.TrimRight(aligned(line, widths), " ")); err != nil {
			return err
		}
	}
	return nil
}

func aligned(line []string, widths []int) string {
	var out strings.Builder
	for i, cell := range line {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i == 0 {
			out.WriteString("  " + cell + pad)
			continue
		}
		out.WriteString("  " + pad + cell)
	}
	return out.String()
}
