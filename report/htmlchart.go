package report

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Charts are drawn from numbers alone: no text of the input gets into one. They
// stretch to the width there is, so they hold lines and areas only, and labels stand
// beside them.

// A drawing is an SVG that is being made.
type drawing struct{ strings.Builder }

func (d *drawing) f(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// done returns the drawing in a box of w by h units, that stretches, with a class.
func (d *drawing) done(class string, w, h int) template.HTML {
	if class != "" {
		class = ` class="` + class + `"`
	}
	return template.HTML(fmt.Sprintf(`<svg%s viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true">%s</svg>`, class, w, h, d.String()))
}

// bar is a bar of a share of the whole, in percent.
func bar(percent int) template.HTML {
	var d drawing
	d.f(`<path class="t" d="M0 0h100v4H0z"/><path class="a" d="M0 0h%dv4H0z"/>`, percent)
	return d.done("bar", 100, 4)
}

// scoreBar shows resources side by side: those that are fine, the others by their
// worst severity from info to critical, and those of which nothing could be judged.
func scoreBar(s Score) template.HTML {
	const width = 1000
	var d drawing
	d.f(`<path class="t" d="M0 0h%dv4H0z"/>`, width)
	_, all := s.sum()
	all += s.Open
	done := 0
	part := func(class string, n int) {
		if n == 0 {
			return
		}
		from := done * width / all
		done += n
		d.f(`<path class="%s" d="M%d 0H%dv4H%dz"/>`, class, from, done*width/all, from)
	}
	part("g", s.Fine)
	for severity, n := range s.Worst {
		part(severityClass(Severity(severity)), n)
	}
	part("u", s.Open)
	return d.done("bar", width, 4)
}

// ring shows a score as a part of a circle with the number in it.
func ring(s Score) template.HTML {
	const around = 264 // of a circle with a radius of 42
	percent, ok := s.Percent()
	label, text := "No score: nothing could be judged", "–"
	arc := ""
	if ok {
		label, text = fmt.Sprintf("Score %d of 100", percent), fmt.Sprint(percent)
		arc = fmt.Sprintf(`<circle class="ring-on" cx="50" cy="50" r="42" fill="none" stroke="var(--accent)" stroke-width="7" stroke-linecap="round" stroke-dasharray="%d %d" transform="rotate(-90 50 50)"/>`, max(percent*around/100, 1), around)
	}
	return template.HTML(fmt.Sprintf(`<svg class="ring" viewBox="0 0 100 100" role="img" aria-label="%s"><circle cx="50" cy="50" r="42" fill="none" stroke="var(--line)" stroke-width="7"/>%s<text x="50" y="57" text-anchor="middle">%s</text><text class="of" x="50" y="70" text-anchor="middle">of 100</text></svg>`, label, arc, text))
}

// trendChart draws scores between two bounds, left to right by their time.
func trendChart(at []time.Time, percent []int, bottom, top int) template.HTML {
	const width, height = 1000, 100
	x := func(i int) int {
		if len(at) < 2 {
			return width / 2
		}
		return scaled(at[i], at[0], at[len(at)-1], width)
	}
	y := func(i int) int { return height - (percent[i]-bottom)*height/max(top-bottom, 1) }
	var line, dots, d drawing
	for i := range at {
		line.f("%s%d %d", [...]string{"M", "L"}[min(i, 1)], x(i), y(i))
		dots.f("M%d %dh0", x(i), y(i))
	}
	for i := range 5 {
		d.f(`<path class="rule" d="M0 %dh%d"/>`, i*height/4, width)
	}
	if len(at) > 1 {
		d.f(`<path class="under" d="%sL%d %dL%d %dz"/><path class="score" d="%s"/>`, line.String(), x(len(at)-1), height, x(0), height, line.String())
	}
	if len(at) <= 40 {
		d.f(`<path class="dot" d="%s"/>`, dots.String())
	}
	return d.done("trend", width, height)
}

// scaled is where t stands between from and to on a line of a width, within it.
func scaled(t, from, to time.Time, width int) int {
	if !to.After(from) {
		return width
	}
	return min(max(int(t.Sub(from).Seconds()/to.Sub(from).Seconds()*float64(width)), 0), width)
}

// standingChart draws how many there are after each of some stretches of time.
func standingChart(open []int, most int) template.HTML {
	const height = 100
	width := 10 * len(open)
	var edge, d drawing
	for i, n := range open {
		y := height - n*height/max(most, 1)
		edge.f("%s%d %dh10", [...]string{"M", "L"}[min(i, 1)], i*10, y)
	}
	d.f(`<path class="rule" d="M0 0h%d"/><path class="rule" d="M0 %dh%d"/>`, width, height, width)
	d.f(`<path class="stand" d="%sV%dH0z"/><path class="edge" d="%s"/>`, edge.String(), height, edge.String())
	return d.done("low", width, height)
}

// flowChart draws what came upwards and what went downwards.
func flowChart(came, went []int, mostCame, mostWent int) template.HTML {
	const half = 100
	all := max(mostCame+mostWent, 1)
	middle := mostCame * half / all
	var up, down, d drawing
	for i := range came {
		if came[i] > 0 {
			up.f("M%d %dh8V%dh-8z", i*10+1, middle, middle-max(came[i]*half/all, 1))
		}
		if went[i] > 0 {
			down.f("M%d %dh8V%dh-8z", i*10+1, middle, middle+max(went[i]*half/all, 1))
		}
	}
	d.f(`<path class="came" d="%s"/><path class="went" d="%s"/><path class="rule" d="M0 %dh%d"/>`, up.String(), down.String(), middle, 10*len(came))
	return d.done("low", 10*len(came), half)
}

// lifeChart draws what happened to a secret, in a row for each kind.
func lifeChart(events []PostureEvent, from, to time.Time) template.HTML {
	const width, row = 1000, 10
	rows := [...]int{PostureCreated: 0, PostureChanged: 0, PostureRotated: 1, PostureRead: 2, PostureFailed: 3}
	var marks [4]drawing
	for _, e := range events {
		if int(e.Kind) >= len(rows) || e.Last.Before(from) {
			continue
		}
		r := rows[e.Kind]
		first, last := scaled(e.First, from, to, width), scaled(e.Last, from, to, width)
		if e.Count > 1 && last > first {
			marks[r].f("M%d %dH%d", first, r*row+5, last)
		} else {
			marks[r].f("M%d %dv4", last, r*row+3)
		}
	}
	var d drawing
	for r := range marks {
		if marks[r].Len() > 0 {
			d.f(`<path class="k%d" d="%s"/>`, r+1, marks[r].String())
		}
	}
	return d.done("", width, 4*row)
}
