/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.test;

import org.jspecify.annotations.Nullable;

import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;

/**
 * Tells the recorder of the application context when a test begins and ends.
 */
final class PublishedHopperEventsTestExecutionListener implements TestExecutionListener {

	private static final String RECORDING = PublishedHopperEventsTestExecutionListener.class.getName();

	@Override
	public void beforeTestMethod(TestContext testContext) {
		HopperEventsRecorder recorder = recorder(testContext);
		if (recorder != null) {
			testContext.setAttribute(RECORDING, recorder.begin());
		}
	}

	@Override
	public void afterTestMethod(TestContext testContext) {
		// There is none if another listener failed before
		if (testContext.removeAttribute(RECORDING) instanceof Recording recording) {
			HopperEventsRecorder recorder = recorder(testContext);
			if (recorder != null) {
				recorder.end(recording);
			}
		}
	}

	private static @Nullable HopperEventsRecorder recorder(TestContext testContext) {
		return testContext.hasApplicationContext()
				? testContext.getApplicationContext().getBeanProvider(HopperEventsRecorder.class).getIfAvailable()
				: null;
	}

}
