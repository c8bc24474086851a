package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/websocket"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// The first byte of a message of v4.channel.k8s.io says which stream it is of.
const (
	chanStdin = iota
	chanStdout
	chanStderr
	chanStatus
)

func dial(url string) (*websocket.Conn, error) {
	config, err := websocket.NewConfig(strings.Replace(url, "http", "ws", 1), "http://localhost/")
	if err != nil {
		return nil, err
	}
	config.Protocol = []string{"v4.channel.k8s.io"}
	return websocket.DialConfig(config)
}

// stream copies until the server says how the command ended. The protocol cannot
// tell the end of stdin.
func stream(url string) error {
	ws, err := dial(url)
	if err != nil {
		return err
	}
	defer ws.Close()
	go send(ws, chanStdin)
	for {
		var data []byte
		if err := websocket.Message.Receive(ws, &data); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if len(data) == 0 {
			continue
		}
		switch data[0] {
		case chanStdout:
			os.Stdout.Write(data[1:])
		case chanStderr:
			os.Stderr.Write(data[1:])
		case chanStatus:
			if len(data) > 1 {
				return ended(data[1:])
			}
		}
	}
}

func send(ws *websocket.Conn, channel byte) {
	buf := make([]byte, 4096)
	buf[0] = channel
	for {
		n, err := os.Stdin.Read(buf[1:])
		if err != nil || websocket.Message.Send(ws, buf[:n+1]) != nil {
			return
		}
	}
}

// ended reads the metav1.Status that ends a streamed command.
func ended(data []byte) error {
	var status struct {
		Status, Message string
		Details         struct {
			Causes []struct{ Reason, Message string }
		}
	}
	if err := json.Unmarshal(data, &status); err != nil {
		return fmt.Errorf("status %q: %w", data, err)
	}
	if status.Status == "Success" {
		return nil
	}
	for _, c := range status.Details.Causes {
		if n, err := strconv.Atoi(c.Message); err == nil && c.Reason == "ExitCode" {
			return exitCode(n)
		}
	}
	return errors.New(status.Message)
}

// forward has two channels for the port: data and errors. On each the server first
// repeats the port in two bytes.
func forward(ctx context.Context, client cri.RuntimeServiceClient, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: cri forward SANDBOX PORT")
	}
	port, err := strconv.ParseInt(args[1], 10, 32)
	if err != nil {
		return err
	}
	answer, err := client.PortForward(ctx, &cri.PortForwardRequest{PodSandboxId: args[0], Port: []int32{int32(port)}})
	if err != nil {
		return err
	}
	ws, err := dial(answer.GetUrl())
	if err != nil {
		return err
	}
	defer ws.Close()
	go send(ws, 0)
	seen := [2]bool{}
	for {
		var data []byte
		if err := websocket.Message.Receive(ws, &data); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if len(data) < 2 || data[0] > 1 {
			continue
		}
		if !seen[data[0]] {
			seen[data[0]] = true
			data = append(data[:1], data[min(3, len(data)):]...)
		}
		if data[0] == 1 && len(data) > 1 {
			return errors.New(string(data[1:]))
		}
		if data[0] == 0 {
			os.Stdout.Write(data[1:])
		}
	}
}
