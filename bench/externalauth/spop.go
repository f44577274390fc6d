package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
)

// The frames of HAProxy's stream processing offload protocol 2.0 (SPOE.txt, 3.2) that a fair comparison needs: one
// message with three texts in, variables out, many requests in flight on one connection.
const (
	frameHello, frameDisconnect, frameNotify = 1, 2, 3
	agentHello, agentDisconnect, agentAck    = 101, 102, 103
)

// serveSPOE answers until the listener is closed.
func serveSPOE(l net.Listener, decide func(method, uri, headers string) map[string]string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = serveFrames(c, decide)
		}()
	}
}

func serveFrames(c net.Conn, decide func(method, uri, headers string) map[string]string) error {
	in := bufio.NewReaderSize(c, 1<<16)
	var writing sync.Mutex // guards writes to c
	for {
		var size [4]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return err
		}
		n := binary.BigEndian.Uint32(size[:])
		if n < 7 || n > 1<<20 {
			return errors.New("a frame of an impossible size")
		}
		frame := make([]byte, n)
		if _, err := io.ReadFull(in, frame); err != nil {
			return err
		}
		send := func(kind byte, payload []byte) {
			out := append([]byte{0, 0, 0, 0, kind, 0, 0, 0, 1}, payload...)
			binary.BigEndian.PutUint32(out, uint32(len(out)-4))
			writing.Lock()
			defer writing.Unlock()
			_, _ = c.Write(out)
		}
		rest := frame[5:]
		stream, rest := varint(rest)
		id, rest := varint(rest)
		switch frame[0] {
		case frameHello:
			p := putPair([]byte{0, 0}, "version", append([]byte{8}, putText(nil, "2.0")...))
			p = putPair(p, "max-frame-size", append([]byte{3}, putVarint(nil, 65532)...))
			send(agentHello, putPair(p, "capabilities", append([]byte{8}, putText(nil, "pipelining,async")...)))
		case frameNotify:
			go func() {
				p := putVarint(putVarint(nil, stream), id)
				for name, value := range decide(texts(rest)) {
					p = append(p, 1, 3, 2) // set-var, three arguments, txn
					p = append(putText(p, name), 8)
					p = putText(p, value)
				}
				send(agentAck, p)
			}()
		case frameDisconnect:
			send(agentDisconnect, putPair([]byte{0, 0}, "status-code", append([]byte{3}, putVarint(nil, 0)...)))
			return nil
		}
	}
}

// texts reads the three arguments of the one message.
func texts(b []byte) (method, uri, headers string) {
	var out [3]string
	_, b = text(b)
	if len(b) == 0 {
		return
	}
	b = b[1:]
	for i := range out {
		_, b = text(b)
		if len(b) == 0 || b[0]&15 != 8 {
			break
		}
		out[i], b = text(b[1:])
	}
	return out[0], out[1], out[2]
}

func text(b []byte) (string, []byte) {
	n, b := varint(b)
	if n > uint64(len(b)) {
		return "", nil
	}
	return string(b[:n]), b[n:]
}

func varint(b []byte) (uint64, []byte) {
	if len(b) == 0 {
		return 0, nil
	}
	v, i := uint64(b[0]), 1
	if v < 240 {
		return v, b[1:]
	}
	for shift := 4; i < len(b); shift += 7 {
		c := b[i]
		i++
		v += uint64(c) << shift
		if c < 128 {
			break
		}
	}
	return v, b[i:]
}

func putVarint(b []byte, v uint64) []byte {
	if v < 240 {
		return append(b, byte(v))
	}
	b = append(b, byte(v)|240)
	for v = (v - 240) >> 4; v >= 128; v = (v - 128) >> 7 {
		b = append(b, byte(v)|128)
	}
	return append(b, byte(v))
}

func putText(b []byte, s string) []byte { return append(putVarint(b, uint64(len(s))), s...) }

func putPair(b []byte, key string, value []byte) []byte { return append(putText(b, key), value...) }
