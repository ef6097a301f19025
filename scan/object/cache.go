package object

import (
	"container/list"
	"sync"
)

// cache keeps what random access rebuilt last, up to a number of bytes.
type cache struct {
	mu     sync.Mutex
	limit  int64
	bytes  int64
	recent *list.List // of *cached, the latest first
	at     map[place]*list.Element
}

type cached struct {
	at   place
	t    Type
	data []byte
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, recent: list.New(), at: make(map[place]*list.Element)}
}

// get returns an object that must not be changed.
func (c *cache) get(at place) (Type, []byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.at[at]
	if !ok {
		return 0, nil, false
	}
	c.recent.MoveToFront(el)
	e := el.Value.(*cached)
	return e.t, e.data, true
}

// put keeps data, which must not be changed any more, unless they would take
// more than an eighth of the room.
func (c *cache) put(at place, t Type, data []byte) {
	size := int64(cap(data))
	if size > c.limit/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.at[at]; ok {
		return
	}
	c.at[at] = c.recent.PushFront(&cached{at, t, data})
	c.bytes += size
	for c.bytes > c.limit {
		oldest := c.recent.Back()
		e := c.recent.Remove(oldest).(*cached)
		delete(c.at, e.at)
		c.bytes -= int64(cap(e.data))
	}
}
