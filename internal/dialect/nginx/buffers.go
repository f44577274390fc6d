package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

// maxAnswerHeader is what an answer's header may have, whatever is asked for.
const maxAnswerHeader = 32 << 10

// sizeKey is a size that says how nginx keeps bytes which are not kept here.
func sizeKey(name, preset, doc string) *dialect.Key[int64] {
	return &dialect.Key[int64]{
		Description: dialect.Description{Key: name, Values: "a size such as 8k", Default: preset, Scope: dialect.Both, Doc: doc},
		Parse:       parseSize,
	}
}

var (
	clientBodyBuffer = sizeKey("client-body-buffer-size", "8k",
		"How much of a body nginx has in memory before it uses the disk. Bodies are sent on as they come and never on disk, so every size does the same.")
	busyBuffers = sizeKey("proxy-busy-buffers-size", "",
		"Of nginx's buffers for an answer. Answers are sent on as they come, so every size does the same.")
	maxTempFile = sizeKey("proxy-max-temp-file-size", "1024m",
		"How much of an answer nginx writes to disk. Nothing is, so every size does the same.")
	buffersNumber = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "proxy-buffers-number", Values: "a number", Default: "4", Scope: dialect.Both,
			Doc: "Of nginx's buffers for an answer. Answers are sent on as they come, so every number does the same.",
		},
		Parse: dialect.ParseInt,
	}
	bufferSize = &dialect.Key[int64]{
		Description: dialect.Description{
			Key: "proxy-buffer-size", Values: "a size such as 8k", Default: "4k", Scope: dialect.Both,
			Doc:     "How long the header of an answer may be. 32 KiB always may; nginx answers 502 for what is above the size.",
			Support: dialect.Partial, Instead: "The header of an answer may have 32 KiB, not more.",
		},
		Parse:   parseSize,
		Differs: func(n int64) bool { return n > maxAnswerHeader },
	}
	requestBuffering = switchKey("proxy-request-buffering", "on",
		"Whether a body is sent on when it is complete (on) or as it comes (off).",
		"The body is sent on as it comes: a client that sends slowly keeps a server waiting, and a request is tried again only if all of it fits into a buffer.")
	answerBuffering = switchKey("proxy-buffering", "off",
		"Whether an answer is taken from the server as fast as it can send (on) or as fast as the client reads (off).",
		"The answer is taken as fast as the client reads: a slow client keeps a server busy. limit-rate holds all the same.")
)

// switchKey is "on" or "off", and off is what HAProxy does.
func switchKey(name, preset, doc, instead string) *dialect.Key[string] {
	return &dialect.Key[string]{
		Description: dialect.Description{
			Key: name, Values: "on or off", Default: preset, Scope: dialect.Both, Doc: doc, Support: dialect.Partial, Instead: instead,
		},
		Parse:   dialect.OneOf("on", "off"),
		Differs: func(s string) bool { return s == "on" },
	}
}

var buffers = &dialect.Feature{
	Name: "buffers", Title: "Buffers",
	Doc:  "Requests and answers are sent on as they come, through a buffer in memory. Nothing is written to disk.",
	Keys: []dialect.Spec{clientBodyBuffer, requestBuffering, answerBuffering, bufferSize, buffersNumber, busyBuffers, maxTempFile},
	Route: func(p *dialect.Pass, _ *model.Route) { // only to say what differs
		for _, key := range []*dialect.Key[int64]{clientBodyBuffer, bufferSize, busyBuffers, maxTempFile} {
			key.Get(p)
		}
		buffersNumber.Get(p)
		requestBuffering.Get(p)
		answerBuffering.Get(p)
	},
}
