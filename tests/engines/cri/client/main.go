// Command cri is a client of the Container Runtime Interface for the tests: what a
// kubelet calls, one call each.
//
//	cri call METHOD [JSON]               any method of RuntimeService; prints its answer as JSON
//	cri execsync [-timeout S] ID CMD...  as a probe of type exec does
//	cri exec [-t] ID CMD...              a streamed command, with stdin
//	cri attach [-t] ID                   the streams of the container's own process
//	cri forward SANDBOX PORT             stdin and stdout to a port of the pod
//
// CRI_SOCKET names the socket. The exit status of execsync and exec is the command's;
// what fails otherwise is told on stderr, with status 125.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const deadline = 60 * time.Second

// exitCode is the status of a command that ran.
type exitCode int

func (c exitCode) Error() string { return "exit status " + strconv.Itoa(int(c)) }

func main() {
	err := run(os.Args[1:])
	var code exitCode
	switch {
	case errors.As(err, &code):
		os.Exit(int(code))
	case err != nil:
		fmt.Fprintln(os.Stderr, "cri:", err)
		os.Exit(125)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: cri call|execsync|exec|attach|forward ARG")
	}
	conn, err := grpc.NewClient("unix://"+os.Getenv("CRI_SOCKET"),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()

	flags := flag.NewFlagSet("cri", flag.ContinueOnError)
	timeout := flags.Int64("timeout", 0, "seconds after which execsync ends the command")
	tty := flags.Bool("t", false, "with a terminal")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	rest := flags.Args()
	client := cri.NewRuntimeServiceClient(conn)
	switch args[0] {
	case "call":
		return call(ctx, conn, rest)
	case "execsync":
		return execSync(ctx, client, *timeout, rest)
	case "exec":
		answer, err := client.Exec(ctx, &cri.ExecRequest{ContainerId: rest[0], Cmd: rest[1:],
			Stdin: true, Stdout: true, Stderr: !*tty, Tty: *tty})
		if err != nil {
			return err
		}
		return stream(answer.GetUrl())
	case "attach":
		answer, err := client.Attach(ctx, &cri.AttachRequest{ContainerId: rest[0],
			Stdin: true, Stdout: true, Stderr: !*tty, Tty: *tty})
		if err != nil {
			return err
		}
		return stream(answer.GetUrl())
	case "forward":
		return forward(ctx, client, rest)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// call finds the types of a method by its name, so that none needs code of its own.
func call(ctx context.Context, conn *grpc.ClientConn, args []string) error {
	service, err := protoregistry.GlobalFiles.FindDescriptorByName("runtime.v1.RuntimeService")
	if err != nil {
		return err
	}
	method := service.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(args[0]))
	if method == nil {
		return fmt.Errorf("no method %q", args[0])
	}
	request, err := message(method.Input().FullName())
	if err != nil {
		return err
	}
	answer, err := message(method.Output().FullName())
	if err != nil {
		return err
	}
	if len(args) > 1 {
		if err := protojson.Unmarshal([]byte(args[1]), request); err != nil {
			return err
		}
	}
	if err := conn.Invoke(ctx, "/runtime.v1.RuntimeService/"+args[0], request, answer); err != nil {
		return err
	}
	text, err := protojson.Marshal(answer)
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	return nil
}

func message(name protoreflect.FullName) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(name)
	if err != nil {
		return nil, err
	}
	return kind.New().Interface(), nil
}

func execSync(ctx context.Context, client cri.RuntimeServiceClient, timeout int64, args []string) error {
	answer, err := client.ExecSync(ctx, &cri.ExecSyncRequest{ContainerId: args[0], Cmd: args[1:], Timeout: timeout})
	if err != nil {
		return err
	}
	os.Stdout.Write(answer.GetStdout())
	os.Stderr.Write(answer.GetStderr())
	if code := answer.GetExitCode(); code != 0 {
		return exitCode(code)
	}
	return nil
}
