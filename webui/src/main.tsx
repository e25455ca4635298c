import { render } from 'preact';
import { App } from './app';
import { startTheme } from './theme';
import './styles/main.css';

startTheme();
const root = document.getElementById('app');
if (root) render(<App />, root);
