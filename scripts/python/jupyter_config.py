# JupyterLab's configuration for Gradbook. What changes from start to start (port, folders, token) comes from
# commands/start.ts, as command-line options and environment variables.
import os
import signal
import threading

c = get_config()  # noqa: F821  (Jupyter provides it)

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
# Only this project's kernel: nothing to pick from.
c.KernelSpecManager.allowed_kernelspecs = {"gradbook"}
c.KernelSpecManager.ensure_native_kernel = False
c.MappingKernelManager.default_kernel_name = "gradbook"
# A file in a hidden folder is out of reach for browsers that run in a sandbox.
c.ServerApp.use_redirect_file = False


def stop_with_parent():
    """Shuts down cleanly when our standard input closes: the program that started us is going, or gone."""
    # not through sys.stdin, whose lock Python wants for itself when it ends
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=stop_with_parent, daemon=True).start()
