package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// A port may belong to somebody else when it is dialled: the store that had it has died,
// and the next process that asked for a free port got this one. TCP does not say so, and
// a connection that stays up is never made anew, so the others would never find the
// restarted store. A store of another cluster with the same id would even take the
// messages as its own. So both ends say who they are before the first message.
const (
	helloMagic   = 0x7469_6b76_6465_6d6f // "tikvdemo"
	helloSize    = 4 * 8
	helloTimeout = 3 * time.Second // a frozen store takes connections and answers none
)

// hello is what one end of a connection says: the id of its cluster as PD gives it, its
// own store id, and the id of the store that it takes the other end for.
type hello struct {
	cluster, from, to uint64
}

var errStranger = errors.New("somebody else has the port of the store")

func (h hello) bytes() []byte {
	b := make([]byte, 0, helloSize)
	for _, x := range []uint64{helloMagic, h.cluster, h.from, h.to} {
		b = binary.BigEndian.AppendUint64(b, x)
	}
	return b
}

// readHello reads what the other end says.
func readHello(r io.Reader) (h hello, err error) {
	var b [helloSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return h, err
	}
	if binary.BigEndian.Uint64(b[:]) != helloMagic {
		return h, errStranger
	}
	return hello{binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:]), binary.BigEndian.Uint64(b[24:])}, nil
}

// greet introduces this store on a connection that it made, and fails unless the other
// end is the store that h.to names.
func (h hello) greet(ctx context.Context, conn net.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, helloTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // not a deadline: a write waits for the end of a cut
	if _, err := conn.Write(h.bytes()); err != nil {
		return err
	}
	is, err := readHello(conn)
	if err == nil && is != (hello{h.cluster, h.to, h.from}) {
		err = errStranger
	}
	return errors.Join(err, ctx.Err())
}

// answer tells the store that made a connection who this one is, and fails unless this is
// the store that it looks for. mine has no to.
func (mine hello) answer(conn net.Conn, r io.Reader) error {
	is, err := readHello(r)
	if err != nil {
		return err
	}
	if is.cluster != mine.cluster || is.to != mine.from {
		return fmt.Errorf("it looks for store %d of cluster %d, and this is store %d of cluster %d", is.to, is.cluster, mine.from, mine.cluster)
	}
	_, err = conn.Write(hello{mine.cluster, mine.from, is.from}.bytes())
	return err
}
