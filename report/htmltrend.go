package report

import (
	"html/template"
	"strconv"
	"time"
)

// A trendView is how the score went from run to run.
type trendView struct {
	Lead, From, To, Top, Bottom string
	Chart                       template.HTML
	Rows                        []trendRow
}

type trendRow struct {
	At, Score string
	Findings  [SeverityCritical + 1]int
	Secrets   int
}

// pageRuns is how many runs a trend shows, the last ones.
const pageRuns = 200

// newTrend draws the earlier runs and this one, nil if there is none before it.
func newTrend(p Posture, now PostureRun) *trendView {
	if len(p.Runs) == 0 {
		return nil
	}
	now.At = p.Collected
	runs := append(p.Runs[max(0, len(p.Runs)-pageRuns):len(p.Runs):len(p.Runs)], now)
	var at []time.Time
	var percents []int
	v := &trendView{}
	bottom := 100
	for _, r := range runs {
		row := trendRow{At: day(r.At), Score: "–", Findings: r.Findings, Secrets: r.Secrets}
		if percent, ok := r.Score.Percent(); ok {
			row.Score = strconv.Itoa(percent)
			at, percents = append(at, r.At), append(percents, percent)
			bottom = min(bottom, percent)
		}
		v.Rows = append([]trendRow{row}, v.Rows...)
	}
	if len(at) == 0 {
		return nil
	}
	bottom = max(bottom-10, 0) / 10 * 10 // an honest chart says where it begins
	v.Top, v.Bottom = "100", strconv.Itoa(bottom)
	v.Chart = trendChart(at, percents, bottom, 100)
	v.From, v.To = day(at[0]), day(at[len(at)-1])
	v.Lead = trendLead(runs, percents)
	return v
}

func trendLead(runs []PostureRun, percents []int) string {
	text := count(len(runs), "run") + " of the same target."
	first, last := percents[0], percents[len(percents)-1]
	switch {
	case last > first:
		text += " The score rose from " + strconv.Itoa(first) + " to " + strconv.Itoa(last) + "."
	case last < first:
		text += " The score fell from " + strconv.Itoa(first) + " to " + strconv.Itoa(last) + "."
	default:
		text += " The score is what it was, " + strconv.Itoa(last) + "."
	}
	for _, r := range runs {
		if r.Checks != runs[0].Checks {
			return text + " Not all runs had the same checks."
		}
	}
	return text
}
