// Command server is a real kube-apiserver and its etcd in one process, for the contract suite. It takes kube-apiserver's
// own flags, --etcd-servers excepted: etcd is started here, in the folder that ARPCHECK_ETCD_DIR names. On SIGUSR1 etcd
// forgets all revisions but the present one.
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	etcd, err := startEtcd(os.Getenv("ARPCHECK_ETCD_DIR"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcd:", err)
		os.Exit(1)
	}
	go compactWhenAsked(etcd)
	command := app.NewAPIServerCommand()
	command.SetArgs(append(os.Args[1:], "--etcd-servers=http://"+etcd.Clients[0].Addr().String()))
	os.Exit(cli.Run(command))
}

// The data lives as long as one test run, so nothing is worth an fsync.
func startEtcd(dir string) (*embed.Etcd, error) {
	if dir == "" {
		return nil, fmt.Errorf("ARPCHECK_ETCD_DIR is not set")
	}
	anyPort := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	config := embed.NewConfig()
	config.Dir = dir
	config.UnsafeNoFsync = true
	config.LogLevel = "error"
	config.ListenClientUrls = []url.URL{anyPort}
	config.ListenPeerUrls = []url.URL{anyPort}
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	<-etcd.Server.ReadyNotify()
	return etcd, nil
}

func compactWhenAsked(etcd *embed.Etcd) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	for range asked {
		revision := etcd.Server.KV().Rev()
		request := &etcdserverpb.CompactionRequest{Revision: revision, Physical: true}
		_, err := etcd.Server.Compact(context.Background(), request)
		fmt.Println("compacted:", revision, err)
	}
}
