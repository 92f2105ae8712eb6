/** What the pages can do better with a script. Each works without one. */

import { confirmDestructive } from "./pages/confirm.js";
import { copyByButton } from "./pages/copy.js";
import { focusFirstError } from "./pages/focus.js";
import { closeMenus } from "./pages/menus.js";
import { renameInPlace } from "./pages/rename.js";

closeMenus(document);
confirmDestructive(document);
copyByButton(document);
renameInPlace(document);
focusFirstError(document);
