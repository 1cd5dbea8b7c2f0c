// A menu of choices below a button, in JupyterLab's own look.

import { MenuSvg } from "@jupyterlab/ui-components";
import { CommandRegistry } from "@lumino/commands";

export interface Choice {
  readonly label: string;
  readonly selected: boolean;
  /** Greyed, but to be chosen all the same: a run that has ended. */
  readonly quiet?: boolean;
  readonly choose: () => void;
}

export function openMenu(anchor: HTMLElement, choices: readonly Choice[]): void {
  const commands = new CommandRegistry();
  const menu = new MenuSvg({ commands });
  for (const [index, { label, selected, quiet, choose }] of choices.entries()) {
    const command = `choose:${index}`;
    commands.addCommand(command, {
      label,
      isToggled: () => selected,
      isToggleable: true,
      className: quiet ? "gb-MenuItem-quiet" : "",
      execute: choose,
    });
    menu.addItem({ command });
  }
  // The chosen command runs after the menu has closed: clear up once both are over, and leave the focus where it was.
  menu.aboutToClose.connect(() => {
    setTimeout(() => {
      menu.dispose();
      anchor.focus();
    });
  });
  const box = anchor.getBoundingClientRect();
  menu.open(box.left, box.bottom);
}
