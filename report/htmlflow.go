package report

import (
	"html/template"
	"maps"
	"slices"
	"time"
)

// A flow counts by months when credentials came and went.
type flow struct {
	came, went map[month]int
	undated    int
}

// A month counts from the year 0.
type month int

func monthOf(t time.Time) month {
	t = t.UTC()
	return month(t.Year()*12 + int(t.Month()) - 1)
}

func (m month) String() string {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

// add takes a credential that came and went at a time; zero for one that is not
// known, or did not.
func (f *flow) add(came, went time.Time) {
	if came.IsZero() {
		f.undated++
		return
	}
	if f.came == nil {
		f.came, f.went = map[month]int{}, map[month]int{}
	}
	f.came[monthOf(came)]++
	if !went.IsZero() {
		f.went[max(monthOf(went), monthOf(came))]++
	}
}

// flowBars is how many stretches of time a chart has at most.
const flowBars = 60

// A flowView is the timeline of a scan.
type flowView struct {
	Lead, From, To, Most, MostCame, MostWent string
	Standing, Bars                           template.HTML
	Rows                                     []flowRow
}

type flowRow struct {
	From             string
	Came, Went, Open int
}

// view draws the flow, nil if no time is known.
func (f *flow) view() *flowView {
	if len(f.came) == 0 {
		return nil
	}
	first := slices.Min(slices.Collect(maps.Keys(f.came)))
	last := max(slices.Max(slices.Collect(maps.Keys(f.came))), first)
	for m := range f.went {
		last = max(last, m)
	}
	step := max((int(last-first)+flowBars)/flowBars, 1) // months
	n := int(last-first)/step + 1
	came, went := f.binned(f.came, first, step, n), f.binned(f.went, first, step, n)
	v := &flowView{From: first.String(), To: last.String()}
	open := make([]int, n)
	standing, most, mostCame, mostWent := 0, 0, 0, 0
	for i := range open {
		standing += came[i] - went[i]
		open[i] = standing
		most, mostCame, mostWent = max(most, standing), max(mostCame, came[i]), max(mostWent, went[i])
		v.Rows = append(v.Rows, flowRow{(first + month(i*step)).String(), came[i], went[i], standing})
	}
	v.Most, v.MostCame, v.MostWent = thousands(int64(most)), "+"+thousands(int64(mostCame)), "-"+thousands(int64(mostWent))
	v.Standing, v.Bars = standingChart(open, most), flowChart(came, went, mostCame, mostWent)
	v.Lead = f.lead(step)
	return v
}

func (f *flow) binned(counts map[month]int, first month, step, n int) []int {
	list := make([]int, n)
	for m, c := range counts {
		list[min(int(m-first)/step, n-1)] += c
	}
	return list
}

func (f *flow) lead(step int) string {
	text := "A credential comes with the first commit that has it, and goes with the last that takes it away. One that went may be in clones, caches and logs still."
	if step > 1 {
		text += " Each bar is " + count(step, "month") + "."
	}
	if f.undated > 0 {
		text += " Of " + count(f.undated, "finding") + " no time is known."
	}
	return text
}
