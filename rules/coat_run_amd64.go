package rules

// runAVX2 is firstRunGo in vector instructions, for n of vectorRun bytes and more.
//
//go:noescape
func runAVX2(data *byte, n int) int

// vectorRun is how many bytes runAVX2 looks at together.
const vectorRun = 64

// firstRun returns where the first run of least64 digits begins in data, or -1.
func firstRun(data []byte) int {
	if len(data) >= vectorRun && hasVector() {
		return runAVX2(&data[0], len(data))
	}
	return firstRunGo(data)
}
