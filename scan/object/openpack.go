package object

// OpenPack returns a store of one pack, which lies in memory and has no index. What
// cannot be read, or is built on objects that the pack lacks, is left to Problems.
func OpenPack(data []byte, opts Options) (*Store, error) {
	s := &Store{opts: opts.withDefaults()}
	if !validHashSize(s.opts.HashSize) || int64(len(data)) < packHead+int64(s.opts.HashSize) {
		return nil, damagedf("pack of %d bytes", len(data))
	}
	s.cache = newCache(s.opts.Cache)
	s.spare.New = func() any { return &scratch{opts: s.opts} }
	c := &content{data: data, size: int64(len(data)), unmap: func() error { return nil }}
	p := &pack{name: "pack", content: c, end: c.size - int64(s.opts.HashSize)}
	if err := p.checkHead(s.opts.HashSize); err != nil {
		return nil, err
	}
	s.packs = []*pack{p}
	s.rescueAll()
	s.opened = true
	return s, nil
}
