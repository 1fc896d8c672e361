package store

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"go.etcd.io/raft/v3/raftpb"
)

// A rewrite replaces the log by a shorter one with the same meaning while the
// store goes on serving:
//
//  1. The raft loop copies every region between two turns, when everything in
//     memory is also in the file. The map is copied on write, so this takes no time.
//  2. A goroutine writes the copies to a second file, and then what the loop has
//     appended to the log in the meantime.
//  3. The loop appends the little that is left and renames the second file.
//
// The old log is complete until the rename, and the new one after it, so a store
// that is killed at any moment starts with a complete log. Before, the loop wrote
// the new file itself: with 150,000 records the store stood still for seconds.
//
// The goroutine also syncs the second file and closes the first. Otherwise ext4
// writes out the file at the rename, and frees the old blocks at the close: 0.3 s
// for 160 MB.
type rewriting struct {
	next   *raftLog   // the second file
	copied int64      // how far the log is in it
	done   chan error // the loop is to finish the rewrite, or to give it up
	cancel context.CancelFunc
	old    chan *os.File // what is to be closed at the end, if anything
}

// tailLeft is how much of the log is left for the raft loop to append.
const tailLeft = 256 << 10

// written returns the channel that is ready when the loop is to finish the rewrite.
func (r *rewriting) written() <-chan error {
	if r == nil {
		return nil
	}
	return r.done
}

// endRewrite stops a rewrite, if there is one, and waits for its goroutine. The log
// stays as it is.
func (n *node) endRewrite() {
	r := n.rewriting
	if r != nil {
		r.cancel()
		close(r.old)
	}
	n.background.Wait()
	if r != nil {
		r.next.discard()
	}
}

// regionCopy is everything that a restart needs of one region.
type regionCopy struct {
	region  uint64
	meta    *raftpb.SnapshotMetadata
	data    *kv
	entries []*raftpb.Entry // after the snapshot
	hard    *raftpb.HardState
}

// copy returns the region's state at this moment. Later changes do not affect it.
func (p *peer) copy() (c regionCopy, err error) {
	c = regionCopy{region: p.meta.ID, data: p.data.clone()}
	if c.meta, err = p.storage.metadata(); err != nil {
		return c, err
	}
	last, err := p.storage.LastIndex()
	if err != nil {
		return c, err
	}
	if last > p.applied {
		if c.entries, err = p.storage.Entries(p.applied+1, last+1, 1<<62); err != nil {
			return c, err
		}
	}
	c.hard, _, err = p.storage.InitialState()
	return c, err
}

// writeTo writes the region to a new log.
func (c regionCopy) writeTo(ctx context.Context, l *raftLog) error {
	data := c.data.dump(func() bool { runtime.Gosched(); return ctx.Err() == nil })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := l.add(recSnapshot, c.region, &raftpb.Snapshot{Metadata: c.meta, Data: data})
	for _, e := range c.entries {
		err = errors.Join(err, l.add(recEntry, c.region, e))
	}
	if err = errors.Join(err, l.add(recHardState, c.region, c.hard)); err != nil {
		return err
	}
	return l.flushSlowly()
}

// flushSlowly is flush in small writes between which the raft loop can run. A node
// may have one processor only.
func (l *raftLog) flushSlowly() error {
	const piece = 256 << 10
	for len(l.buf) > piece {
		n, err := l.f.Write(l.buf[:piece])
		l.size += int64(n)
		l.buf = l.buf[n:]
		if err != nil {
			return err
		}
		runtime.Gosched()
	}
	err := l.flush()
	l.buf = nil
	return err
}

// rewriteIfOvergrown starts a rewrite if much of the log is old.
func (n *node) rewriteIfOvergrown() error {
	if n.rewriting != nil || !n.wal.overgrown() {
		return nil
	}
	var all []regionCopy
	for _, p := range n.peers {
		c, err := p.copy()
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	next, err := n.wal.successor()
	if err != nil {
		return n.postpone(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &rewriting{next: next, copied: n.wal.size, done: make(chan error, 1), cancel: cancel, old: make(chan *os.File, 1)}
	n.rewriting = r
	old := n.wal.f
	n.background.Go(func() { // ends with finishRewrite or endRewrite
		r.done <- r.write(ctx, old, all)
		if replaced := <-r.old; replaced != nil {
			_ = replaced.Close() // nothing of it is needed
		}
	})
	return nil
}

// write is the goroutine's part.
func (r *rewriting) write(ctx context.Context, old *os.File, all []regionCopy) error {
	if err := r.next.flush(); err != nil { // its first line
		return err
	}
	for i, c := range all {
		if err := c.writeTo(ctx, r.next); err != nil {
			return err
		}
		all[i] = regionCopy{} // region by region: all dumps at once are as large as the data
	}
	r.next.live = r.next.size
	for ctx.Err() == nil {
		if err := r.next.f.Sync(); err != nil {
			return err
		}
		if n, err := r.follow(old); err != nil || n < tailLeft {
			return err
		}
	}
	return ctx.Err()
}

// follow appends what was added to the log since the last call.
func (r *rewriting) follow(old *os.File) (int64, error) {
	n, err := io.Copy(r.next.f, io.NewSectionReader(old, r.copied, 1<<62))
	r.copied += n
	r.next.size += n
	return n, err
}

// finishRewrite is the loop's last step. If the rewrite failed, the store goes on
// with the log as it is.
func (n *node) finishRewrite(err error) error {
	r := n.rewriting
	n.rewriting = nil
	r.cancel()
	defer close(r.old)
	if err == nil {
		_, err = r.follow(n.wal.f)
	}
	if err == nil {
		replaced := n.wal.f
		if err = n.wal.become(r.next); err == nil {
			r.old <- replaced
			return nil
		}
	}
	r.next.discard()
	return n.postpone(err)
}

// postpone puts a rewrite off until the log has doubled.
func (n *node) postpone(err error) error {
	n.log.Warn("cannot rewrite the raft log; it will be tried again when it has doubled", "error", err)
	n.wal.live = n.wal.size
	return nil
}

// successor creates the file that will replace the log.
func (l *raftLog) successor() (*raftLog, error) {
	f, err := os.OpenFile(filepath.Join(l.dir, logName+newSuffix), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return &raftLog{dir: l.dir, f: f, most: l.most, buf: []byte(logMagic)}, nil
}

// become replaces the log with its successor.
func (l *raftLog) become(next *raftLog) error {
	path := filepath.Join(l.dir, logName)
	if err := os.Rename(path+newSuffix, path); err != nil {
		return err
	}
	l.f, l.size, l.live = next.f, next.size, next.live
	return nil
}

// discard removes a successor.
func (l *raftLog) discard() {
	_ = l.f.Close()
	_ = os.Remove(filepath.Join(l.dir, logName+newSuffix))
}
