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

import java.util.List;
import java.util.stream.Stream;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;

/**
 * Resets the {@link FakeHopperApi} of the application context before each test, and fails
 * a test that has sent a request that the API would refuse.
 */
final class FakeHopperApiTestExecutionListener implements TestExecutionListener {

	@Override
	public void beforeTestMethod(TestContext testContext) {
		apis(testContext).forEach(FakeHopperApi::beginTest);
	}

	@Override
	public void afterTestMethod(TestContext testContext) {
		apis(testContext).forEach(FakeHopperApi::endTest);
	}

	private static List<FakeHopperApi> apis(TestContext testContext) {
		if (!testContext.hasApplicationContext()) {
			return List.of();
		}
		ApplicationContext context = testContext.getApplicationContext();
		return Stream
			.of(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(context, FakeHopperApi.class, false, false))
			.map((name) -> context.getBean(name, FakeHopperApi.class))
			.toList();
	}

}
