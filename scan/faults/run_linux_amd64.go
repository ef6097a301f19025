package faults

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// launched tells the copy of ourselves that Run starts what it is for.
const launched = "ASSAY_FAULTS_LAUNCH"

// listenerAt is the descriptor over which the copy sends that of the filter.
const listenerAt = 3

// Launch becomes the program that Run was asked for, if Run started this process.
// Otherwise it returns.
func Launch() {
	if os.Getenv(launched) == "" {
		return
	}
	os.Unsetenv(launched)
	runtime.LockOSThread() // the filter is this thread's, which alone lives on
	if err := launch(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
	}
	os.Exit(126)
}

func launch(path string, args []string) error {
	listener, err := listen()
	if err != nil {
		return err
	}
	if err := unix.Sendmsg(listenerAt, []byte{0}, unix.UnixRights(listener), nil, 0); err != nil {
		return fmt.Errorf("sendmsg: %w", err)
	}
	if err := errors.Join(unix.Close(listener), unix.Close(listenerAt)); err != nil {
		return err
	}
	return unix.Exec(path, args, os.Environ())
}

// listen has the kernel ask about the calls of this thread.
func listen() (int, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("no_new_privs: %w", err)
	}
	program := filter()
	fd, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER,
		uintptr(unsafe.Pointer(&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})))
	if e != 0 {
		return 0, fmt.Errorf("seccomp: %w", e)
	}
	return int(fd), nil
}

// Offsets in struct seccomp_data, and how long one argument is.
const (
	dataCall = 0
	dataArgs = 16
	argSize  = 8
)

// filter is a program that has the kernel ask about the calls in the table. Of
// those that go by descriptor the standard streams pass, and maps of no file.
func filter() []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	jump := func(op uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | op | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	end := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	program := []unix.SockFilter{load(dataCall)}
	for _, c := range calls {
		if c.path >= 0 {
			program = append(program, jump(unix.BPF_JEQ, c.number, 0, 1), end(unix.SECCOMP_RET_USER_NOTIF))
			continue
		}
		program = append(program, jump(unix.BPF_JEQ, c.number, 0, 5), load(dataArgs+argSize*uint32(c.fd)),
			jump(unix.BPF_JEQ, 1<<32-1, 2, 0), jump(unix.BPF_JGT, uint32(unix.Stderr), 0, 1),
			end(unix.SECCOMP_RET_USER_NOTIF), end(unix.SECCOMP_RET_ALLOW))
	}
	return append(program, end(unix.SECCOMP_RET_ALLOW))
}

// Start starts cmd, which must have no extra files, and judges its calls and those
// of the programs that it starts. Whoever calls it waits for cmd and then calls
// wait, which returns what went wrong in judging.
func Start(cmd *exec.Cmd, judge Judge) (wait func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	defer unix.Close(ends[0])
	theirs := os.NewFile(uintptr(ends[1]), "launch")
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Args = append([]string{self, cmd.Path}, cmd.Args...)
	cmd.Path = self
	cmd.Env = append(cmd.Environ(), launched+"=1")
	err = errors.Join(cmd.Start(), theirs.Close())
	if err != nil {
		return nil, err
	}
	listener, err := receive(ends[0])
	if err != nil {
		return nil, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	c := &court{listener: listener, judge: judge}
	done := make(chan error, 1)
	go func() { done <- c.sit() }()
	return func() error { return <-done }, nil
}

// receive takes the descriptor that launch sends.
func receive(from int) (int, error) {
	control := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(from, make([]byte, 1), control, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, fmt.Errorf("recvmsg: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) == 0 {
		return 0, fmt.Errorf("%w: the filter could not be set up", ErrUnsupported)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return 0, err
	}
	return fds[0], nil
}

// A notification is struct seccomp_notif.
type notification struct {
	id     uint64
	pid    uint32
	flags  uint32
	number uint32
	arch   uint32
	ip     uint64
	args   [6]uint64
}

// A response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	error int32
	flags uint32
}

// A court answers what the kernel asks about one program.
type court struct {
	listener int
	judge    Judge
}

// sit answers until the program has ended.
func (c *court) sit() error {
	defer unix.Close(c.listener)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Where the kernel knows how, it lets us run at once when a call comes (Linux 6.6).
	unix.Syscall(unix.SYS_IOCTL, uintptr(c.listener), unix.SECCOMP_IOCTL_NOTIF_SET_FLAGS, unix.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP)
	for {
		poll := []unix.PollFd{{Fd: int32(c.listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return fmt.Errorf("poll: %w", err)
		}
		if poll[0].Revents&unix.POLLIN == 0 && poll[0].Revents != 0 {
			return nil
		}
		var asked notification
		if err := c.ioctl(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&asked)); err != nil {
			continue // a signal came, or who asked is gone
		}
		answer := c.answer(&asked)
		answer.id = asked.id
		if err := c.ioctl(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&answer)); err != nil && err != unix.ENOENT {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

func (c *court) ioctl(request uintptr, data unsafe.Pointer) error {
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(c.listener), request, uintptr(data)); e != 0 {
		return e
	}
	return nil
}

// answer judges one call.
func (c *court) answer(asked *notification) response {
	call := callOf(asked)
	verdict := c.judge(call)
	switch {
	case verdict.Fail != 0:
		return response{error: -int32(verdict.Fail)}
	case verdict.Empty:
		return response{}
	case verdict.Half && call.fd >= 0 && call.size > 1:
		if n, err := call.half(); err == nil {
			return response{value: int64(n)}
		}
	}
	return response{flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
}

// half reads half of what was asked for into the thread's memory, on the thread's
// own open file, whose position moves on.
func (c Call) half() (n int, err error) {
	process, err := unix.PidfdOpen(tgid(c.Pid), 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(process)
	fd, err := unix.PidfdGetfd(process, c.fd, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	data := make([]byte, c.size/2)
	if c.off >= 0 {
		n, err = unix.Pread(fd, data, c.off)
	} else {
		n, err = unix.Read(fd, data)
	}
	if n <= 0 || err != nil {
		return 0, err
	}
	local := []unix.Iovec{{Base: &data[0]}}
	local[0].SetLen(n)
	_, err = unix.ProcessVMWritev(c.Pid, local, []unix.RemoteIovec{{Base: uintptr(c.to), Len: n}}, 0)
	return n, err
}

// Exited reports whether a process ended by itself and not by a signal.
func Exited(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Exited()
}
