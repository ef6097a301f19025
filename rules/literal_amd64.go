package rules

import "golang.org/x/sys/cpu"

// siftAVX2 is siftGo in vector instructions, for blockSize to chunk offsets. It
// reads offsets+overlap bytes of data.
//
//go:noescape
func siftAVX2(table *[tableSize]uint16, data *byte, offsets int, places *[chunk]uint8) int

// hasVector reports whether the processor has what siftAVX2 is made of.
func hasVector() bool {
	return cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT
}

// sift is the first sieve for at most chunk offsets.
func (l *literals) sift(places *[chunk]uint8, data []byte) int {
	if offsets := len(data) - overlap; offsets >= blockSize && hasVector() {
		return siftAVX2(&l.table, &data[0], offsets, places)
	}
	return l.siftGo(places[:], data)
}
