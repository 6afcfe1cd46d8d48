package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// demo returns a command tree of every kind that our commands have.
func demo(run func(*cobra.Command, []string) error) *cobra.Command {
	root := &cobra.Command{Use: "demo", Short: "Shows the frame", Long: "Demo shows the frame."}
	get := &cobra.Command{Use: "get ACCOUNT", Short: "Gets", Args: cobra.ExactArgs(1), RunE: run}
	get.Flags().Int("count", 1, "how many")
	get.Flags().Duration("timeout", 0, "how long")
	get.Flags().Func("secret", "a secret", func(string) error { return errors.New("write NAME=SECRET") })
	get.Flags().Bool("json", false, "JSON")
	get.Flags().String("into", "", "where to; ids like a*_<n>")
	get.Flags().Int64Slice("skip", nil, "what to leave out")
	get.Flags().StringSlice("only", nil, "which `KINDS`")
	get.Flags().Int("limit", 7, "how much; default: the account's limit")
	account := &cobra.Command{Use: "account", Short: "Accounts"}
	add := &cobra.Command{Use: "add", Short: "Adds", RunE: run}
	add.Flags().String("user", "", "who")
	Expect(add.MarkFlagRequired("user")).To(Succeed())
	account.AddCommand(add)
	root.AddCommand(get, account)
	return root
}

type result struct {
	status      int
	out, errOut string
}

func runDemo(run func(*cobra.Command, []string) error, args ...string) result {
	var out, errOut bytes.Buffer
	status := cli.Run(demo(run), args, strings.NewReader(""), &out, &errOut)
	return result{status, out.String(), errOut.String()}
}

func nothing(*cobra.Command, []string) error { return nil }

var _ = Describe("Run", func() {
	It("ends with 0 and says nothing when the command succeeds", func() {
		Expect(runDemo(nothing, "get", "work")).To(Equal(result{}))
	})

	It("prints one line and ends with 1 when the operation fails", func() {
		fail := func(*cobra.Command, []string) error { return errors.New("connect: no such host") }
		Expect(runDemo(fail, "get", "work")).To(Equal(result{1, "", "demo: connect: no such host\n"}))
	})

	DescribeTable("prints one line that points to the help and ends with 2 on wrong usage",
		func(line, want string) {
			r := runDemo(nothing, strings.Fields(line)...)
			Expect(r).To(Equal(result{2, "", "demo: " + want + " --help'\n"}))
		},
		Entry("unknown flag", "get --colour work", "unknown flag: --colour; see 'demo get"),
		Entry("flag without its command", "--count=3", "unknown flag: --count; it belongs to 'demo get'; see 'demo"),
		Entry("value that does not parse", "get --count many work",
			`--count takes a whole number, not "many"; see 'demo get`),
		Entry("duration that does not parse", "get --timeout 5 work",
			`--timeout takes a duration such as 90s or 5m, not "5"; see 'demo get`),
		Entry("switch with a value", "get --json=maybe work", `--json takes true or false, not "maybe"; see 'demo get`),
		Entry("secret that does not parse", "get --secret hunter2 work", "--secret: write NAME=SECRET; see 'demo get"),
		Entry("flag without its value", "get work --into", "flag needs an argument: --into; see 'demo get"),
		Entry("missing argument", "get", "an argument is missing: write 'demo get ACCOUNT'; see 'demo get"),
		Entry("too many arguments", "get work home", `wrong arguments, starting with "work": write 'demo get ACCOUNT'; see 'demo get`),
		Entry("an argument where none is taken", "account add --user me here",
			`wrong arguments, starting with "here": write 'demo account add'; see 'demo account add`),
		Entry("unknown command", "frob", `there is no command "frob", only account, get; see 'demo`),
		Entry("misspelt command", "gett work", `there is no command "gett", but there is "get"; see 'demo`),
		Entry("unknown command with a flag of the right one", "gat --count 2", `there is no command "gat", but there is "get"; see 'demo`),
		Entry("unknown subcommand", "account frob", `there is no command "frob", only add; see 'demo account`),
		Entry("subcommand left out", "account", "a command is missing: choose from add; see 'demo account"),
		Entry("help for an unknown command", "help frob", `there is no command "frob", only account, get; see 'demo help`),
		Entry("help for an unknown subcommand", "help account frob", `there is no command "frob", only add; see 'demo help`),
		Entry("required flag left out", "account add", `required flag(s) "user" not set; see 'demo account add`),
	)

	It("lets the command itself find wrong usage", func() {
		wrong := func(*cobra.Command, []string) error {
			return fmt.Errorf("get: %w", cli.Usage("--into needs a folder, not %q", "x"))
		}
		Expect(runDemo(wrong, "get", "work")).To(Equal(result{2, "", "demo: --into needs a folder, not \"x\"; see 'demo get --help'\n"}))
	})

	It("prints nothing when the command has already told what happened", func() {
		told := func(*cobra.Command, []string) error { return cli.Exit(1) }
		Expect(runDemo(told, "get", "work")).To(Equal(result{status: 1}))
	})

	It("writes errors as JSON when the command was asked for JSON", func() {
		fail := func(*cobra.Command, []string) error { return cli.Coded(-172, errors.New(`login: "-ERR no"`)) }
		Expect(runDemo(fail, "get", "--json", "work")).To(Equal(result{1, "", `{"error":"login: \"-ERR no\"","code":-172}` + "\n"}))
		Expect(runDemo(nothing, "get", "--frob", "--json", "work")).To(Equal(result{2, "", `{"error":"unknown flag: --frob","code":0}` + "\n"}))
		Expect(runDemo(fail, "get", "--json=false", "work").errOut).To(HavePrefix("demo: "))
	})

	It("keeps an error on one line and harmless to a terminal", func() {
		nasty := func(*cobra.Command, []string) error {
			return errors.Join(errors.New("server said \"\x1b[2J\x00\xff\""), errors.New("and more"))
		}
		Expect(runDemo(nasty, "get", "work").errOut).To(Equal(`demo: server said "\u001b[2J\u0000\xff"; and more` + "\n"))
	})

	It("does not count a reader of stdout who has left as an error", func() {
		r, w, err := os.Pipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(r.Close()).To(Succeed())
		defer func() { Expect(w.Close()).To(Succeed()) }()
		list := func(cmd *cobra.Command, _ []string) error {
			for {
				if _, err := io.WriteString(cmd.OutOrStdout(), "a line\n"); err != nil {
					return fmt.Errorf("list: %w", err)
				}
			}
		}
		var errOut bytes.Buffer
		Expect(cli.Run(demo(list), []string{"get", "work"}, strings.NewReader(""), w, &errOut)).To(Equal(0))
		Expect(errOut.String()).To(BeEmpty())
	})

	It("prints help and version on stdout", func() {
		Expect(runDemo(nothing).out).To(HavePrefix("Demo shows the frame."))
		help := runDemo(nothing, "get", "--help")
		Expect(help.status).To(Equal(0))
		Expect(help.out).To(ContainSubstring("demo get ACCOUNT [flags]"))
		Expect(runDemo(nothing, "help", "get")).To(Equal(help))
		Expect(runDemo(nothing, "help", "account", "add").out).To(ContainSubstring("demo account add [flags]"))
		version := runDemo(nothing, "--version")
		Expect(version).To(Equal(result{0, "demo " + cli.Version() + "\n", ""}))
	})

	It("tells one default of a flag, and none that says nothing", func() {
		help := runDemo(nothing, "get", "--help").out
		Expect(help).To(MatchRegexp(`--count int +how many \(default 1\)\n`))
		Expect(help).To(MatchRegexp(`--limit int +how much; default: the account's limit\n`))
		Expect(help).To(MatchRegexp(`--skip int64Slice +what to leave out\n`))
		Expect(help).To(MatchRegexp(`--only KINDS +which KINDS\n`))
	})

	It("says version, commit and date of the build", func() {
		Expect(cli.Version()).To(MatchRegexp(`^\S+ commit \S+ date \S+ go1\.\S+$`))
	})

	It("writes man pages in which texts stay as they are", func() {
		dir := GinkgoT().TempDir()
		Expect(runDemo(nothing, "__man", dir)).To(Equal(result{}))
		pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
		Expect(err).NotTo(HaveOccurred())
		for i := range pages {
			pages[i] = filepath.Base(pages[i])
		}
		Expect(pages).To(ConsistOf("demo.1", "demo-get.1", "demo-account.1", "demo-account-add.1"))
		get, err := os.ReadFile(filepath.Join(dir, "demo-get.1"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(get)).To(And(ContainSubstring("demo-get - Gets"), ContainSubstring("ids like a*_<n>")))
		for flag, want := range map[string]string{"count": "int\n\thow many (default 1)", "skip": "int64Slice\n\twhat to leave out", "only": "KINDS\n\twhich KINDS",
			"limit": "int\n\thow much; default: the account's limit", "into": "string\n\twhere to; ids like a*_<n>"} {
			Expect(string(get)).To(ContainSubstring("\\fB--" + flag + "\\fP=" + want + "\n"))
		}
		Expect(runDemo(nothing, "__man", filepath.Join(dir, "missing")).status).To(Equal(1))
	})

	It("completes commands for a shell", func() {
		Expect(runDemo(nothing, "completion", "bash").out).To(ContainSubstring("bash completion"))
		Expect(runDemo(nothing, "__complete", "acc").out).To(HavePrefix("account\tAccounts\n"))
	})
})
