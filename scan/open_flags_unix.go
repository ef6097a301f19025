//go:build unix && !linux

package scan

import "golang.org/x/sys/unix"

// What has become a FIFO or a link since it was looked at is not waited for and not followed.
const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW
