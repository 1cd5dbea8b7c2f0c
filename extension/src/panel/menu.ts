// A menu of choices below a button, in JupyterLab's own look.

import { MenuSvg } from "@jupyterlab/ui-components";
import { CommandRegistry } from "@lumino/commands";

export interface Choice {
  readonly label: string;
  readonly selected: boolean;
  readonly choose: () => void;
}

export function openMenu(anchor: HTMLElement, choices: readonly Choice[]): void {
  const commands = new CommandRegistry();
  const menu = new MenuSvg({ commands });
  for (const [index, { label, selected, choose }] of choices.entries()) {
    const command = `choose:${index}`;
    commands.addCommand(command, { label, isToggled: () => selected, isToggleable: true, execute: choose });
    menu.addItem({ command });
  }
  // The chosen command runs after the menu has closed: clear up once both are over.
  menu.aboutToClose.connect(() => {
    setTimeout(() => menu.dispose());
  });
  const box = anchor.getBoundingClientRect();
  menu.open(box.left, box.bottom);
}
