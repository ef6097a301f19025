package rules

// Lines of base64 that are wrapped have leastWrapped digits and mostly 60 to 76,
// always a multiple of four; maxWrapped bounds what is taken for one.
const (
	leastWrapped = 40
	maxWrapped   = 1 << 10
)

// tryWrapped decodes, as one text, the lines that the run data[start:end] begins, if
// it is the first of several. By itself each of them was tried before.
func (v *visit) tryWrapped(start, end int) {
	if end-start < leastWrapped || (end-start)&3 != 0 || breakLength(v.data[end:]) == 0 && end < len(v.data) {
		return
	}
	from, first := v.firstLine(start)
	last := end
	if first {
		last = v.lastLine(start, end)
	}
	// More lines may be added, here or before.
	const ahead = len("\r\n") + maxBlanks + maxWrapped + len("=\r\n")
	v.reading.far = append(v.reading.far, far{start, end, from, min(len(v.data), last+ahead), -int(coatBase64)})
	if last > end {
		v.undress(coatBase64, span{start, last}, start, true)
	}
}

// firstLine reports whether the run at start does not go on with what stands on
// the line before, of which from is what was looked at.
func (v *visit) firstLine(start int) (from int, first bool) {
	data := v.data
	i := start
	if at(data, i-1) == 'n' && at(data, i-2) == '\\' { // in a string literal
		if i -= 2; at(data, i-1) == 'r' && at(data, i-2) == '\\' {
			i -= 2
		}
	} else {
		i = skipBack(data, i, isBlank, maxBlanks)
		if at(data, i-1) != '\n' {
			return max(0, i-2), true
		}
		if i--; at(data, i-1) == '\r' {
			i--
		}
	}
	from = i
	for from > 0 && i-from < leastWrapped && digits64[data[from-1]] != noDigit {
		from--
	}
	return max(0, from-1), i-from < leastWrapped
}

// lastLine returns where the text ends that begins with the run data[start:end]:
// lines of digits and nothing else, none longer than the first, and none behind a
// shorter one.
func (v *visit) lastLine(start, end int) int {
	data, length := v.data, end-start
	for end-start < maxRun {
		n := breakLength(data[end:])
		if n == 0 {
			break
		}
		from := end + n
		to := from
		for to < len(data) && to-from <= maxWrapped && digits64[data[to]] != noDigit {
			to++
		}
		// The letter of an escaped line break is no digit.
		if at(data, to) != '=' && to < len(data) && !is(data[to], isQuote) && breakLength(data[to:]) == 0 {
			break
		}
		if to == from || to-from > maxWrapped || to-from > length && from > start+length+n {
			break
		}
		end = to
		if to-from < length {
			break
		}
	}
	return end
}
