package child

import (
	"os/exec"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the cost of a server with several processes", func() {
	It("is that of the started process and all its descendants, ended ones included", func(ctx SpecContext) {
		// The first child uses processor time and ends; the second stays, and reports that both
		// have run.
		cmd := exec.CommandContext(ctx, "sh", "-c", `sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; sh -c 'echo there; read end; true'; true`)
		stdin, err := cmd.StdinPipe()
		Expect(err).NotTo(HaveOccurred())
		stdout, err := cmd.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(cmd.Start()).To(Succeed())
		_, err = stdout.Read(make([]byte, 6))
		Expect(err).NotTo(HaveOccurred())
		Expect(descendants(cmd.Process.Pid)).To(HaveLen(2))
		Expect(treeCPU(cmd.Process.Pid)).To(BeNumerically(">", 0))
		tree := WatchTree(ctx, cmd.Process.Pid)
		Expect(tree.End().Peak).To(And(BeNumerically(">", 4<<10), BeNumerically("<=", 64<<20)))
		Expect(stdin.Close()).To(Succeed())
		Expect(cmd.Wait()).To(Succeed())
	})

	It("is zero when the process is unknown", func(ctx SpecContext) {
		Expect(WatchTree(ctx, 0).End()).To(Equal(Usage{}))
	})
})
